import Testing
import TextModels

/// Labels against scikit-learn's `AgglomerativeClustering`.
@Suite(.enabled(if: PythonReference.interpreter != nil))
struct ClusteringParityTests {
    private struct Question: Encodable {
        struct Setting: Encodable {
            let linkage: String
            let metric: String
            let threshold: Float?
            let clusters: Int?
        }

        let data: [[[Float]]]
        let settings: [Setting]
    }

    private static let program = """
        from sklearn.cluster import AgglomerativeClustering
        print(json.dumps([[
            AgglomerativeClustering(linkage=s["linkage"], metric=s["metric"], distance_threshold=s.get("threshold"),
                                    n_clusters=s.get("clusters")).fit_predict(vectors).tolist()
            for s in given["settings"]] for vectors in given["data"]]))
        """

    private static let linkages: [(AgglomerativeClustering.Linkage, AgglomerativeClustering.Metric)] = [
        (.complete, .cosine), (.average, .cosine), (.single, .cosine), (.complete, .euclidean), (.average, .euclidean),
        (.single, .euclidean), (.ward, .euclidean),
    ]
    private static let cuts: [AgglomerativeClustering.Cut] =
        [0.1, 0.3, 0.65, 1, 1.5].map { .distance($0) } + [2, 5, 17].map { .clusters($0) }

    /// Clouds of different width, some points twice.
    private static func data(seed: UInt64, count: Int) -> [[Float]] {
        var random = SeededGenerator(seed: seed)
        let centres = (0..<6).map { _ in (0..<5).map { _ in random.float() } }
        return (0..<count).map { item in
            let centre = centres[item % centres.count]
            return centre.map { $0 + random.float() * 0.1 * Float(item % 4) }
        }
    }

    @Test func labelsEqualScikitLearnsUpToNumbering() throws {
        let data = [Self.data(seed: 1, count: 60), Self.data(seed: 2, count: 150), Self.data(seed: 3, count: 301)]
        let settings = Self.linkages.flatMap { linkage, metric in Self.cuts.map { (linkage, metric, $0) } }
        let question = Question(
            data: data,
            settings: settings.map { linkage, metric, cut in
                switch cut {
                case .distance(let threshold):
                    .init(linkage: "\(linkage)", metric: "\(metric)", threshold: threshold, clusters: nil)
                case .clusters(let count): .init(linkage: "\(linkage)", metric: "\(metric)", threshold: nil, clusters: count)
                }
            })
        let answers = try PythonReference.run(Self.program, given: question, as: [[[Int]]].self)
        for (vectors, answer) in zip(data, answers) {
            for ((linkage, metric, cut), expected) in zip(settings, answer) {
                let labels = try AgglomerativeClustering(linkage: linkage, metric: metric, cut: cut).labels(of: vectors)
                #expect(labels == Self.renumbered(expected), "\(linkage) \(metric) \(cut) of \(vectors.count)")
            }
        }
    }

    private static func renumbered(_ labels: [Int]) -> [Int] {
        var numbers: [Int: Int] = [:]
        return labels.map { label in
            let number = numbers[label] ?? numbers.count
            numbers[label] = number
            return number
        }
    }
}
