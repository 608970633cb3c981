/// Vectors side by side in one allocation, padded with zeros to whole SIMD registers.
struct PackedVectors: Sendable {
    typealias Lanes = SIMD8<Float>

    let count: Int
    /// Registers per vector.
    let width: Int
    private let length: Int
    private let lanes: [Lanes]

    /// Packs `count` vectors of `length` values each, which `fill` writes over a buffer of `length` elements.
    init<Failure: Error>(
        count: Int, length: Int, fill: (_ item: Int, _ target: UnsafeMutableBufferPointer<Float>) throws(Failure) -> Void
    ) throws(Failure) {
        self.count = count
        self.length = length
        width = (length + Lanes.scalarCount - 1) / Lanes.scalarCount
        var row = [Float](repeating: 0, count: width * Lanes.scalarCount)
        var lanes: [Lanes] = []
        lanes.reserveCapacity(count * width)
        for item in 0..<count {
            try row.withUnsafeMutableBufferPointer { (row) throws(Failure) in
                try fill(item, UnsafeMutableBufferPointer(rebasing: row[..<length]))
            }
            lanes.append(contentsOf: Self.registers(of: row))
        }
        self.lanes = lanes
    }

    /// Lends the registers: vector after vector, `width` each.
    func withLanes<Result>(_ body: (UnsafeBufferPointer<Lanes>) -> Result) -> Result {
        lanes.withUnsafeBufferPointer(body)
    }

    /// Calls `body` with each vector's index and its dot product with `vector`, which has as many values as each of them.
    func forEachDotProduct(with vector: [Float], _ body: (_ item: Int, _ product: Float) -> Void) {
        let padding = [Float](repeating: 0, count: width * Lanes.scalarCount - vector.count)
        let query = Self.registers(of: vector + padding)
        withLanes { lanes in
            for item in 0..<count {
                var sum = Lanes.zero
                for block in 0..<width { sum += lanes[item * width + block] * query[block] }
                body(item, sum.sum())
            }
        }
    }

    private static func registers(of row: [Float]) -> [Lanes] {
        row.withUnsafeBytes { bytes in
            (0..<bytes.count / MemoryLayout<Lanes>.size).map {
                bytes.loadUnaligned(fromByteOffset: $0 * MemoryLayout<Lanes>.size, as: Lanes.self)
            }
        }
    }
}

extension PackedVectors {
    /// Packs vectors for a metric: as they are, or at unit length for cosine distance.
    ///
    /// - Throws: ``ClusteringError`` if lengths differ, a value is not finite, or a vector to be scaled to unit length is zero.
    init(_ vectors: [[Float]], for metric: AgglomerativeClustering.Metric) throws(ClusteringError) {
        let length = vectors.first?.count ?? 0
        try self.init(count: vectors.count, length: length) { (item, target) throws(ClusteringError) in
            let vector = vectors[item]
            guard vector.count == length else {
                throw ClusteringError(.unequalLengths, "vector \(item) has \(vector.count) values, the first has \(length)")
            }
            // Doubles, because the square of a float may overflow a float.
            let norm = vector.reduce(into: 0.0) { $0 += Double($1) * Double($1) }.squareRoot()
            guard norm.isFinite else {
                throw ClusteringError(.notFinite, "vector \(item) holds an infinite value or no number; leave it out")
            }
            guard metric != .cosine || norm > 0 else {
                throw ClusteringError(.zeroVector, "vector \(item) is zero and has no direction; leave it out")
            }
            let scale = metric == .cosine ? 1 / norm : 1
            for index in target.indices { target[index] = Float(Double(vector[index]) * scale) }
        }
    }
}
