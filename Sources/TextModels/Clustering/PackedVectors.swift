/// Vectors side by side in one allocation, padded with zeros to whole SIMD registers.
struct PackedVectors: Sendable {
    private typealias Lanes = SIMD8<Float>

    let count: Int
    /// Registers per vector.
    private let width: Int
    private let lanes: [SIMD8<Float>]

    /// - Throws: ``ClusteringError`` if lengths differ, a value is not finite, or a vector to be scaled to unit length is zero.
    init(_ vectors: [[Float]], atUnitLength: Bool) throws(ClusteringError) {
        count = vectors.count
        let length = vectors.first?.count ?? 0
        width = (length + Lanes.scalarCount - 1) / Lanes.scalarCount
        var packed: [Lanes] = []
        packed.reserveCapacity(count * width)
        for (item, vector) in vectors.enumerated() {
            guard vector.count == length else {
                throw ClusteringError(.unequalLengths, "vector \(item) has \(vector.count) values, the first has \(length)")
            }
            guard vector.allSatisfy(\.isFinite) else {
                throw ClusteringError(.notFinite, "vector \(item) holds an infinite value or no number; leave it out")
            }
            // Doubles, because the square of a float may overflow a float.
            let norm = vector.reduce(into: 0.0) { $0 += Double($1) * Double($1) }.squareRoot()
            guard !atUnitLength || norm > 0 else {
                throw ClusteringError(.zeroVector, "vector \(item) is zero and has no direction; leave it out")
            }
            let scale = atUnitLength ? 1 / norm : 1
            for block in 0..<width {
                var register = Lanes.zero
                for lane in 0..<min(Lanes.scalarCount, length - block * Lanes.scalarCount) {
                    register[lane] = Float(Double(vector[block * Lanes.scalarCount + lane]) * scale)
                }
                packed.append(register)
            }
        }
        lanes = packed
    }

    func dotProduct(_ first: Int, _ second: Int) -> Float {
        lanes.withUnsafeBufferPointer { lanes in
            var sum = Lanes.zero
            for block in 0..<width { sum += lanes[first * width + block] * lanes[second * width + block] }
            return sum.sum()
        }
    }

    func squaredDistance(_ first: Int, _ second: Int) -> Float {
        lanes.withUnsafeBufferPointer { lanes in
            var sum = Lanes.zero
            for block in 0..<width {
                let difference = lanes[first * width + block] - lanes[second * width + block]
                sum += difference * difference
            }
            return sum.sum()
        }
    }
}
