/// Agglomerative clustering as its definition says: look at all pairs of clusters, merge the nearest, and compute every distance
/// between clusters from the vectors themselves.
struct ClusteringReference {
    typealias Linkage = (_ first: [Int], _ second: [Int]) -> Double

    let vectors: [[Float]]

    func labels(mergingBelow threshold: Double, linkage: Linkage) -> [Int] {
        var clusters = vectors.indices.map { [$0] }
        while clusters.count > 1 {
            var best = (distance: Double.infinity, first: 0, second: 0)
            for first in clusters.indices {
                for second in clusters.indices.dropFirst(first + 1) {
                    let distance = linkage(clusters[first], clusters[second])
                    if distance < best.distance { best = (distance, first, second) }
                }
            }
            guard best.distance < threshold else { break }
            clusters[best.first] += clusters.remove(at: best.second)
        }
        var labels = [Int](repeating: 0, count: vectors.count)
        let ordered = clusters.map { $0.sorted() }.sorted { $0[0] < $1[0] }
        for (label, cluster) in ordered.enumerated() { for item in cluster { labels[item] = label } }
        return labels
    }

    func cosine(_ first: Int, _ second: Int) -> Double {
        let (x, y) = (vectors[first].map(Double.init), vectors[second].map(Double.init))
        let dot = zip(x, y).reduce(0) { $0 + $1.0 * $1.1 }
        let norms = (x.reduce(0) { $0 + $1 * $1 } * y.reduce(0) { $0 + $1 * $1 }).squareRoot()
        return 1 - dot / norms
    }

    func euclidean(_ first: Int, _ second: Int) -> Double {
        zip(vectors[first], vectors[second]).reduce(0) { $0 + Double($1.0 - $1.1) * Double($1.0 - $1.1) }.squareRoot()
    }

    /// The same distances, computed once.
    static func tabulated(count: Int, _ distance: (Int, Int) -> Double) -> (Int, Int) -> Double {
        let table = (0..<count).map { first in (0..<count).map { distance(first, $0) } }
        return { table[$0][$1] }
    }

    static func complete(_ distance: @escaping (Int, Int) -> Double) -> Linkage {
        { first, second in first.map { a in second.map { distance(a, $0) }.max() ?? 0 }.max() ?? 0 }
    }

    static func single(_ distance: @escaping (Int, Int) -> Double) -> Linkage {
        { first, second in first.map { a in second.map { distance(a, $0) }.min() ?? 0 }.min() ?? 0 }
    }

    static func average(_ distance: @escaping (Int, Int) -> Double) -> Linkage {
        { first, second in
            first.reduce(0.0) { sum, a in sum + second.reduce(0) { $0 + distance(a, $1) } } / Double(first.count * second.count)
        }
    }

    /// Ward's distance by its definition: from the distance of the centres.
    func ward(_ first: [Int], _ second: [Int]) -> Double {
        let centre = { (members: [Int]) in
            vectors[0].indices.map { axis in members.reduce(0) { $0 + Double(vectors[$1][axis]) } / Double(members.count) }
        }
        let squared = zip(centre(first), centre(second)).reduce(0) { $0 + ($1.0 - $1.1) * ($1.0 - $1.1) }
        return (2 * Double(first.count * second.count) / Double(first.count + second.count) * squared).squareRoot()
    }
}
