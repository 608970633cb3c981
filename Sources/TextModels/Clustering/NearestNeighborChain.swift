/// Finds all merges of agglomerative clustering by following nearest neighbours until two clusters are each other's.
///
/// Sound for every linkage here, because none of them brings a merged cluster nearer to a third than its parts were.
///
/// Source: Murtagh, "A survey of recent advances in hierarchical clustering algorithms" (1983); Müllner, "Modern hierarchical,
/// agglomerative clustering algorithms" (2011), whose conventions for ties are followed.
///
/// Holds a pointer to the distances: valid only inside the call that lent them.
struct NearestNeighborChain {
    private typealias Lanes = SIMD8<Float>

    /// While more than one in so many is left, whole rows are searched, those that are gone included.
    private static let sparsity = 8
    /// So many take milliseconds, and nobody needs to know more often.
    private static let mergesBetweenChecks = 64

    private let values: UnsafeMutableBufferPointer<Float>
    private let count: Int
    private let linkage: AgglomerativeClustering.Linkage
    /// For each row what has to be added to a later item's index to find their distance.
    private let origins: [Int]
    /// The number of members of each cluster. A cluster goes by the index of its last member.
    private var sizes: [Int]
    /// The clusters that are left, in ascending order.
    private var active: [Int]
    /// 0 for clusters that are left and infinity for the others: added to their distances it takes them out of every search.
    private var absence: [Float]
    private var chain: [Int] = []

    /// All merges, in the order found, which is not that of their heights.
    ///
    /// - Parameters:
    ///   - distances: The distances of the items; those of clusters take their places.
    ///   - linkage: What the distance of two clusters is.
    ///   - progress: Is told now and then what share of the merges is found.
    /// - Throws: ``ClusteringError`` when the task is cancelled.
    static func merges(
        of distances: inout DistanceMatrix, linkage: AgglomerativeClustering.Linkage, progress: (Double) -> Void
    ) throws(ClusteringError) -> [Dendrogram.Merge] {
        let count = distances.count
        return try distances.withMutableValues { (values) throws(ClusteringError) in
            var chain = NearestNeighborChain(values, count: count, linkage: linkage)
            return try chain.run(progress: progress)
        }
    }

    private init(_ values: UnsafeMutableBufferPointer<Float>, count: Int, linkage: AgglomerativeClustering.Linkage) {
        precondition(values.count == count * (count - 1) / 2)
        self.values = values
        self.count = count
        self.linkage = linkage
        origins = (0..<count).map { DistanceMatrix.index($0, $0 + 1, count: count) - $0 - 1 }
        sizes = [Int](repeating: 1, count: count)
        active = Array(0..<count)
        absence = [Float](repeating: 0, count: count)
    }

    private mutating func run(progress: (Double) -> Void) throws(ClusteringError) -> [Dendrogram.Merge] {
        var merges: [Dendrogram.Merge] = []
        merges.reserveCapacity(max(0, active.count - 1))
        while active.count > 1 {
            if merges.count % Self.mergesBetweenChecks == 0 {
                try ClusteringError.checkCancellation()
                progress(Double(merges.count) / Double(count))
            }
            merges.append(nextMerge())
        }
        progress(1)
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
        var smallest = preferred.map { distance(cluster, $0) } ?? .infinity
        func compare(_ other: Int, _ distance: Float) {
            guard distance < smallest || best == nil else { return }
            smallest = distance
            best = other
        }
        let isDense = active.count * Self.sparsity > count
        for other in active {
            // Earlier clusters' distances are in a row each, later ones' in one row, side by side.
            if other < cluster {
                compare(other, values[origins[other] + cluster])
            } else if other > cluster {
                if isDense { break }
                compare(other, values[origins[cluster] + other])
            }
        }
        if isDense, let (other, distance) = nearestLater(than: cluster) { compare(other, distance) }
        // Called with at least two active clusters, so there is another one.
        return (best.unsafelyUnwrapped, smallest)
    }

    /// The nearest of the clusters after `cluster`, the first among equals; `nil` if there is none.
    private func nearestLater(than cluster: Int) -> (cluster: Int, distance: Float)? {
        let origin = origins[cluster]
        let row = UnsafeRawBufferPointer(values)
        return absence.withUnsafeBytes { absence in
            let size = MemoryLayout<Float>.size
            var lanes = Lanes(repeating: .infinity)
            var other = cluster + 1
            while other + Lanes.scalarCount <= count {
                let distances =
                    row.loadUnaligned(fromByteOffset: (origin + other) * size, as: Lanes.self)
                    + absence.loadUnaligned(fromByteOffset: other * size, as: Lanes.self)
                lanes.replace(with: distances, where: distances .< lanes)
                other += Lanes.scalarCount
            }
            var smallest = lanes.min()
            while other < count {
                smallest = min(smallest, values[origin + other] + self.absence[other])
                other += 1
            }
            // Only now which one it is: a second look at a row in the cache costs less than numbers beside all minima.
            for other in cluster + 1..<max(cluster + 1, count) where self.absence[other] == 0 && values[origin + other] == smallest {
                return (other, smallest)
            }
            return nil
        }
    }

    /// Puts the merged cluster in the place of its second part.
    private mutating func apply(_ merge: Dendrogram.Merge) {
        let (first, second) = (merge.first, merge.second)
        active.removeAll { $0 == first }
        absence[first] = .infinity
        let (firstOrigin, secondOrigin) = (origins[first], origins[second])
        let firstSize = sizes[first]
        let secondSize = sizes[second]
        func merged(_ toFirst: Float, _ toSecond: Float, _ other: Int) -> Float {
            linkage.distance(
                toFirst: toFirst, toSecond: toSecond, between: merge.height, sizes: (firstSize, secondSize, sizes[other]))
        }
        for other in active where other != second {
            if other < first {
                let origin = origins[other]
                values[origin + second] = merged(values[origin + first], values[origin + second], other)
            } else if other < second {
                let place = origins[other] + second
                values[place] = merged(values[firstOrigin + other], values[place], other)
            } else {
                values[secondOrigin + other] = merged(values[firstOrigin + other], values[secondOrigin + other], other)
            }
        }
        sizes[second] += firstSize
    }

    private func distance(_ first: Int, _ second: Int) -> Float {
        values[origins[min(first, second)] + max(first, second)]
    }
}
