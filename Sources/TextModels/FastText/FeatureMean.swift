/// The running mean of rows of a matrix, formed in the caller's buffer.
///
/// Rows are added in the order given and scaled once at the end, as fastText does, so that results agree to the last bit.
struct FeatureMean {
    private let matrix: WeightMatrix
    private let bytes: UnsafeRawBufferPointer
    private let target: UnsafeMutableBufferPointer<Float>
    private(set) var count = 0

    /// `target` has as many elements as `matrix` has columns. Valid only inside the call that lent `bytes`.
    init(of matrix: WeightMatrix, in bytes: UnsafeRawBufferPointer, target: UnsafeMutableBufferPointer<Float>) {
        precondition(target.count == matrix.columnCount, "a vector of this model has \(matrix.columnCount) elements")
        self.matrix = matrix
        self.bytes = bytes
        self.target = target
        target.update(repeating: 0)
    }

    mutating func add(row: Int) {
        matrix.add(row: row, to: target, in: bytes)
        count += 1
    }

    /// Turns the sum into the mean; without rows it stays zero.
    func finish() {
        guard count > 0 else { return }
        let scale = Float(1 / Double(count))
        for index in target.indices { target[index] *= scale }
    }
}
