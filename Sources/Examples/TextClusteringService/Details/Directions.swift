/// Vectors at unit length, side by side in one allocation; zeros stand for those that are zero.
struct Directions: Sendable {
    private typealias Lanes = SIMD8<Float>

    let count: Int
    /// Values of a vector, padded with zeros to whole registers.
    let width: Int
    /// The vectors that have a direction.
    let nonZero: [Int]
    private let values: [Float]

    /// - Parameter vectors: Finite; all of one length, but for those that are zero.
    init(of vectors: [[Float]]) {
        count = vectors.count
        let length = vectors.lazy.map(\.count).max() ?? 0
        width = (length + Lanes.scalarCount - 1) / Lanes.scalarCount * Lanes.scalarCount
        var values = [Float](repeating: 0, count: count * width)
        var nonZero: [Int] = []
        for (item, vector) in vectors.enumerated() {
            let norm = vector.reduce(into: 0.0) { $0 += Double($1) * Double($1) }.squareRoot()
            guard norm > 0 else { continue }
            nonZero.append(item)
            for (index, value) in vector.enumerated() { values[item * width + index] = Float(Double(value) / norm) }
        }
        self.values = values
        self.nonZero = nonZero
    }

    /// The dot product of a vector with another of ``width`` values.
    func dotProduct(_ item: Int, with other: [Float]) -> Float {
        precondition(other.count == width && item < count)
        return values.withUnsafeBytes { values in
            other.withUnsafeBytes { other in
                var sum = Lanes.zero
                let start = item * width * MemoryLayout<Float>.size
                for offset in stride(from: 0, to: other.count, by: MemoryLayout<Lanes>.size) {
                    sum +=
                        values.loadUnaligned(fromByteOffset: start + offset, as: Lanes.self)
                        * other.loadUnaligned(fromByteOffset: offset, as: Lanes.self)
                }
                return sum.sum()
            }
        }
    }

    /// Adds a multiple of a vector to another of ``width`` values.
    func add(_ item: Int, times factor: Float, to other: inout [Float]) {
        precondition(other.count == width && item < count)
        values.withUnsafeBytes { values in
            other.withUnsafeMutableBytes { other in
                let start = item * width * MemoryLayout<Float>.size
                for offset in stride(from: 0, to: other.count, by: MemoryLayout<Lanes>.size) {
                    let sum =
                        other.loadUnaligned(fromByteOffset: offset, as: Lanes.self)
                        + factor * values.loadUnaligned(fromByteOffset: start + offset, as: Lanes.self)
                    other.storeBytes(of: sum, toByteOffset: offset, as: Lanes.self)
                }
            }
        }
    }

    /// The mean of some vectors, at unit length unless it is zero.
    func center(of items: [Int]) -> [Float] {
        var sum = [Float](repeating: 0, count: width)
        for item in items { add(item, times: 1, to: &sum) }
        return Self.scaledToUnitLength(sum)
    }

    /// A vector at unit length, or as it is when it is zero.
    static func scaledToUnitLength(_ vector: [Float]) -> [Float] {
        let norm = Float(vector.reduce(into: 0.0) { $0 += Double($1) * Double($1) }.squareRoot())
        return norm > 0 ? vector.map { $0 / norm } : vector
    }
}
