/// The mean of rows of a matrix, formed in the caller's buffer.
///
/// Rows are added in the order given and scaled once at the end, as fastText does, so that results agree to the last bit.
/// Their numbers are collected and then added together, so that a part of the sum stays in registers for all of them.
struct FeatureMean {
    private static let capacity = 256

    private let matrix: WeightMatrix
    private let bytes: UnsafeRawBufferPointer
    private let target: UnsafeMutableBufferPointer<Float>
    private let rows: UnsafeMutableBufferPointer<UInt32>
    private var pending = 0
    private var added = 0

    /// The number of rows.
    var count: Int { added + pending }

    /// Writes the mean of the rows that `body` adds over `target`, which has as many elements as `matrix` has columns.
    ///
    /// - Returns: The number of rows; `target` is zero if there are none.
    @discardableResult
    static func write(
        of matrix: WeightMatrix, in bytes: UnsafeRawBufferPointer, to target: UnsafeMutableBufferPointer<Float>,
        _ body: (inout FeatureMean) -> Void
    ) -> Int {
        precondition(target.count == matrix.columnCount, "a vector of this model has \(matrix.columnCount) elements")
        return withUnsafeTemporaryAllocation(of: UInt32.self, capacity: capacity) { rows in
            var mean = FeatureMean(matrix: matrix, bytes: bytes, target: target, rows: rows)
            target.update(repeating: 0)
            body(&mean)
            mean.finish()
            return mean.count
        }
    }

    private init(
        matrix: WeightMatrix, bytes: UnsafeRawBufferPointer, target: UnsafeMutableBufferPointer<Float>,
        rows: UnsafeMutableBufferPointer<UInt32>
    ) {
        self.matrix = matrix
        self.bytes = bytes
        self.target = target
        self.rows = rows
    }

    /// Adds a row that the matrix has, which the reader of the model has checked.
    @inline(__always)
    mutating func add(row: Int) {
        if pending == Self.capacity { flush() }
        // A model has fewer than 2^31 words and 2^31 buckets.
        rows[pending] = UInt32(truncatingIfNeeded: row)
        pending += 1
    }

    private mutating func flush() {
        matrix.add(rows: UnsafeBufferPointer(rebasing: rows[..<pending]), to: target, in: bytes)
        added += pending
        pending = 0
    }

    /// Turns the sum into the mean; without rows it stays zero.
    private mutating func finish() {
        flush()
        guard count > 0 else { return }
        let scale = Float(1 / Double(count))
        for index in target.indices { target[index] *= scale }
    }
}
