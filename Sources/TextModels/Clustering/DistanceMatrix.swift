/// The distances between n items, each pair once: rows of the upper triangle, one after the other.
struct DistanceMatrix: Sendable {
    let count: Int
    private(set) var values: [Float]

    /// - Throws: ``ClusteringError`` if lengths differ, a value or distance is not finite, or a vector is zero under cosine distance.
    init(of vectors: [[Float]], metric: AgglomerativeClustering.Metric) throws(ClusteringError) {
        let rows = try PackedVectors(vectors, atUnitLength: metric == .cosine)
        count = rows.count
        values = []
        values.reserveCapacity(count * (count - 1) / 2)
        for first in 0..<count {
            for second in (first + 1)..<max(first + 1, count) {
                let distance =
                    switch metric {
                    case .cosine: min(max(0, 1 - rows.dotProduct(first, second)), 2)
                    case .euclidean: rows.squaredDistance(first, second).squareRoot()
                    }
                guard distance.isFinite else {
                    throw ClusteringError(.notFinite, "the distance of vectors \(first) and \(second) overflows; scale the vectors down")
                }
                values.append(distance)
            }
        }
    }

    /// The distance of two different items.
    subscript(first: Int, second: Int) -> Float {
        get { values[index(first, second)] }
        set { values[index(first, second)] = newValue }
    }

    private func index(_ first: Int, _ second: Int) -> Int {
        let (low, high) = first < second ? (first, second) : (second, first)
        return low * (2 * count - low - 1) / 2 + high - low - 1
    }
}
