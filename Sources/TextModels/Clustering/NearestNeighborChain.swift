/// Finds all merges of agglomerative clustering by following nearest neighbours until two clusters are each other's.
///
/// Sound for every linkage here, because none of them brings a merged cluster nearer to a third than its parts were.
///
/// Source: Murtagh, "A survey of recent advances in hierarchical clustering algorithms" (1983); Müllner, "Modern hierarchical,
/// agglomerative clustering algorithms" (2011), whose conventions for ties are followed.
struct NearestNeighborChain {
    private var distances: DistanceMatrix
    private let linkage: AgglomerativeClustering.Linkage
    /// The number of members of each cluster. A cluster goes by the index of its last member.
    private var sizes: [Int]
    /// The clusters that are left, in ascending order.
    private var active: [Int]
    private var chain: [Int] = []

    init(distances: DistanceMatrix, linkage: AgglomerativeClustering.Linkage) {
        self.distances = distances
        self.linkage = linkage
        sizes = [Int](repeating: 1, count: distances.count)
        active = Array(0..<distances.count)
    }

    /// All merges, in the order found, which is not that of their heights.
    mutating func run() -> [Dendrogram.Merge] {
        var merges: [Dendrogram.Merge] = []
        merges.reserveCapacity(max(0, active.count - 1))
        while active.count > 1 { merges.append(nextMerge()) }
        return merges
    }

    /// Extends the chain until its last two clusters are nearest to each other, and merges them.
    private mutating func nextMerge() -> Dendrogram.Merge {
        if chain.isEmpty { chain.append(active[0]) }
        while true {
            let tip = chain[chain.count - 1]
            let previous = chain.count > 1 ? chain[chain.count - 2] : nil
            let (neighbor, distance) = nearest(to: tip, preferring: previous)
            if neighbor == previous {
                chain.removeLast(2)
                let merge = Dendrogram.Merge(first: min(tip, neighbor), second: max(tip, neighbor), height: distance)
                apply(merge)
                return merge
            }
            chain.append(neighbor)
        }
    }

    /// The nearest other cluster; among equals `preferred`, which keeps the chain from running in circles, else the first.
    private func nearest(to cluster: Int, preferring preferred: Int?) -> (cluster: Int, distance: Float) {
        var best = preferred
        var smallest = preferred.map { distances[cluster, $0] } ?? .infinity
        for other in active where other != cluster {
            let distance = distances[cluster, other]
            if distance < smallest || best == nil {
                smallest = distance
                best = other
            }
        }
        // Called with at least two active clusters, so there is another one.
        return (best.unsafelyUnwrapped, smallest)
    }

    /// Puts the merged cluster in the place of its second part.
    private mutating func apply(_ merge: Dendrogram.Merge) {
        active.removeAll { $0 == merge.first }
        for other in active where other != merge.second {
            distances[other, merge.second] = linkage.distance(
                toFirst: distances[other, merge.first], toSecond: distances[other, merge.second], between: merge.height,
                sizes: (sizes[merge.first], sizes[merge.second], sizes[other]))
        }
        sizes[merge.second] += sizes[merge.first]
    }
}
