/// Bottom-up hierarchical clustering: every vector starts as a cluster, and the two nearest clusters merge, again and again.
///
/// Takes time in O(n²) and memory for n(n−1)/2 distances of 4 bytes. Labels agree with scikit-learn's class of the same name up to
/// numbering; ties are broken by position, so equal input gives equal output.
public struct AgglomerativeClustering: Sendable, Hashable {
    /// What the distance of two clusters is.
    public enum Linkage: Sendable, Hashable {
        /// The largest distance between their members: compact clusters.
        case complete
        /// The mean distance between their members.
        case average
        /// The smallest distance between their members: clusters may become chains.
        case single
        /// The growth of the sum of squared distances to the centre if they merged; with ``Metric/euclidean`` only.
        case ward
    }

    /// What the distance of two vectors is.
    public enum Metric: Sendable, Hashable {
        /// One minus the cosine of the angle between them: 0 for the same direction, 1 at right angles, 2 for opposite directions.
        case cosine
        /// The length of their difference.
        case euclidean
    }

    /// When merging ends.
    public enum Cut: Sendable, Hashable {
        /// Clusters at this distance or farther apart stay apart.
        case distance(Float)
        /// This many clusters are left.
        case clusters(Int)
    }

    /// What the distance of two clusters is.
    public let linkage: Linkage
    /// What the distance of two vectors is.
    public let metric: Metric
    /// When merging ends.
    public let cut: Cut
    /// The most vectors that are clustered at once. Their distances take 4 bytes for each pair: 800 MB for 20,000 vectors.
    public let maximumCount: Int

    /// - Parameters:
    ///   - linkage: What the distance of two clusters is.
    ///   - metric: What the distance of two vectors is.
    ///   - cut: When merging ends.
    ///   - maximumCount: The most vectors that are clustered at once; the memory they take grows with the square of it.
    /// - Throws: ``ClusteringError`` if `linkage` does not go with `metric`, or `cut` is negative, no number or no clusters.
    public init(
        linkage: Linkage = .complete, metric: Metric = .cosine, cut: Cut, maximumCount: Int = 20_000
    ) throws(ClusteringError) {
        guard linkage != .ward || metric == .euclidean else {
            throw ClusteringError(.invalidSettings, "Ward linkage is defined for Euclidean distance; choose another metric or linkage")
        }
        switch cut {
        case .distance(let threshold) where !(threshold >= 0):
            throw ClusteringError(.invalidSettings, "a distance threshold of \(threshold); give 0 or more")
        case .clusters(let count) where count < 1:
            throw ClusteringError(.invalidSettings, "\(count) clusters; ask for 1 or more")
        default: break
        }
        self.linkage = linkage
        self.metric = metric
        self.cut = cut
        self.maximumCount = maximumCount
    }

    /// Assigns each vector to a cluster.
    ///
    /// - Parameters:
    ///   - vectors: One vector per item, all of one length.
    ///   - progress: Is told now and then what share of the work is done, up to 1.
    /// - Returns: One label per vector: 0, 1, … in the order in which clusters first appear.
    /// - Throws: ``ClusteringError`` if lengths differ, a value is not finite, a vector is zero under ``Metric/cosine``, or there are
    ///   fewer vectors than clusters asked for or more than ``maximumCount``; soon after the task that calls is cancelled.
    public func labels(of vectors: [[Float]], progress: (Double) -> Void = { _ in }) throws(ClusteringError) -> [Int] {
        if case .clusters(let count) = cut, count > vectors.count {
            throw ClusteringError(.invalidSettings, "\(count) clusters of \(vectors.count) vectors; ask for fewer")
        }
        return try dendrogram(of: vectors, progress: progress).labels(cut: cut)
    }

    /// The tree of all merges, to be cut at several places.
    ///
    /// - Parameters:
    ///   - vectors: One vector per item, all of one length.
    ///   - progress: Is told now and then what share of the work is done, up to 1.
    /// - Throws: ``ClusteringError`` as ``labels(of:progress:)`` does.
    public func dendrogram(of vectors: [[Float]], progress: (Double) -> Void = { _ in }) throws(ClusteringError) -> Dendrogram {
        guard vectors.count <= maximumCount else {
            throw ClusteringError(
                .tooManyVectors, "\(vectors.count) vectors and at most \(maximumCount) are allowed; cluster them in parts")
        }
        var distances = try DistanceMatrix(of: vectors, metric: metric) { progress($0 / 2) }
        let merges = try NearestNeighborChain.merges(of: &distances, linkage: linkage) { progress((1 + $0) / 2) }
        return Dendrogram(leafCount: vectors.count, unordered: merges)
    }
}
