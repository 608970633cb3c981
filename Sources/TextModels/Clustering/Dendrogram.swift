/// The tree that agglomerative clustering grows: which clusters merged, and at which distance.
public struct Dendrogram: Sendable, Hashable {
    /// Two clusters becoming one.
    public struct Merge: Sendable, Hashable {
        /// A member of the one cluster, as an index of the clustered vectors.
        public let first: Int
        /// A member of the other cluster.
        public let second: Int
        /// The distance of the two clusters.
        public let height: Float
    }

    /// The number of clustered vectors.
    public let leafCount: Int
    /// All merges, from the nearest clusters to the farthest: one fewer than there are leaves.
    public let merges: [Merge]

    /// Orders merges by height; those of equal height stay in their order, so a merge never precedes the ones it builds on.
    init(leafCount: Int, unordered merges: [Merge]) {
        self.leafCount = leafCount
        self.merges = merges.enumerated()
            .sorted { ($0.element.height, $0.offset) < ($1.element.height, $1.offset) }
            .map(\.element)
    }

    /// Cuts the tree.
    ///
    /// - Parameter cut: Where to stop merging. More clusters than leaves gives each leaf its own.
    /// - Returns: One label per leaf: 0, 1, … in the order in which clusters first appear.
    public func labels(cut: AgglomerativeClustering.Cut) -> [Int] {
        let applied =
            switch cut {
            case .distance(let threshold): merges.prefix { $0.height < threshold }
            case .clusters(let count): merges.prefix(max(0, leafCount - count))
            }
        var sets = DisjointSets(count: leafCount)
        for merge in applied { sets.unite(merge.first, merge.second) }
        var labels: [Int: Int] = [:]
        return (0..<leafCount).map { leaf in
            let root = sets.root(of: leaf)
            let label = labels[root] ?? labels.count
            labels[root] = label
            return label
        }
    }
}
