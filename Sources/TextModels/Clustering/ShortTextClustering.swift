/// Groups the embeddings of short texts and sets aside what belongs to no group of a useful size.
///
/// Vectors are clustered by complete linkage on cosine distance. Vectors near zero, which stand for texts without known words, are
/// left out, and so are clusters that are too small.
public struct ShortTextClustering: Sendable, Hashable {
    /// The label of items without a cluster.
    public static let unclustered = -1
    /// Vectors up to this Euclidean norm count as zero.
    public static let zeroNorm: Float = 1e-5

    /// Clusters at this cosine distance or farther apart stay apart.
    public let distanceThreshold: Float
    /// The fewest items that make a cluster.
    public let minimumClusterSize: Int
    /// The most vectors that are clustered at once.
    public var maximumCount: Int { clustering.maximumCount }
    private let clustering: AgglomerativeClustering

    /// - Parameters:
    ///   - distanceThreshold: Clusters at this cosine distance or farther apart stay apart; 0 to 2.
    ///   - minimumClusterSize: The fewest items that make a cluster.
    ///   - maximumCount: The most vectors that are clustered at once; the memory they take grows with the square of it.
    /// - Throws: ``ClusteringError`` if the threshold is negative or no number.
    public init(
        distanceThreshold: Float = 0.65, minimumClusterSize: Int = 3, maximumCount: Int = 20_000
    ) throws(ClusteringError) {
        clustering = try AgglomerativeClustering(
            linkage: .complete, metric: .cosine, cut: .distance(distanceThreshold), maximumCount: maximumCount)
        self.distanceThreshold = distanceThreshold
        self.minimumClusterSize = minimumClusterSize
    }

    /// Assigns each vector to a cluster.
    ///
    /// - Parameters:
    ///   - vectors: One embedding per text, all of one length.
    ///   - progress: Is told now and then what share of the work is done, up to 1.
    /// - Returns: One label per vector: 0, 1, … in the order in which clusters first appear, or ``unclustered``.
    /// - Throws: ``ClusteringError`` if lengths differ, a value is not finite, or there are too many vectors; soon after the task that calls is cancelled.
    public func labels(of vectors: [[Float]], progress: (Double) -> Void = { _ in }) throws(ClusteringError) -> [Int] {
        let meaningful = vectors.indices.filter { !(Self.norm(of: vectors[$0]) <= Double(Self.zeroNorm)) }
        let clusters = try clustering.labels(of: meaningful.map { vectors[$0] }, progress: progress)
        var sizes = [Int](repeating: 0, count: vectors.count)
        for cluster in clusters { sizes[cluster] += 1 }

        var labels = [Int](repeating: Self.unclustered, count: vectors.count)
        var renumbered: [Int: Int] = [:]
        for (index, cluster) in zip(meaningful, clusters) where sizes[cluster] >= minimumClusterSize {
            let label = renumbered[cluster] ?? renumbered.count
            renumbered[cluster] = label
            labels[index] = label
        }
        return labels
    }

    private static func norm(of vector: [Float]) -> Double {
        vector.reduce(into: 0.0) { $0 += Double($1) * Double($1) }.squareRoot()
    }
}
