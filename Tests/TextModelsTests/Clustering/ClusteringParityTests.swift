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

    /// One of five hundred: 2 to 120 vectors of 2 to 40 values. Every fourth has values of a few steps only, and so many equal distances.
    private static func varied(_ number: Int) -> [[Float]] {
        var random = SeededGenerator(seed: UInt64(number))
        let (count, dimension) = (Int.random(in: 2...120, using: &random), Int.random(in: 2...40, using: &random))
        let centres = (0..<Int.random(in: 1...8, using: &random)).map { _ in (0..<dimension).map { _ in random.float() } }
        let width = random.float() + 1
        return (0..<count).map { _ in
            let centre = centres.randomElement(using: &random) ?? []
            if isStepped(number) { return centre.map { _ in Float(Int.random(in: 1...3, using: &random)) } }
            return centre.map { $0 + width * random.float() }
        }
    }

    private static func isStepped(_ number: Int) -> Bool { number % 4 == 3 }

    /// The linkages of a data set. Of distances that are equal but for rounding, rounding alone would decide which is the smaller: with
    /// many of them the result is determined only where neither a distance nor a linkage is rounded.
    private static func linkages(_ number: Int) -> [(AgglomerativeClustering.Linkage, AgglomerativeClustering.Metric)] {
        isStepped(number) ? [(.complete, .euclidean), (.single, .euclidean)] : linkages
    }

    @Test func labelsOfFiveHundredDataSetsEqualScikitLearns() throws {
        let data = (0..<500).map(Self.varied)
        let settings = data.indices.map { number in
            Self.linkages(number).map { linkage, metric in
                let count = data[number].count
                return number % 2 == 0
                    ? Question.Setting(linkage: "\(linkage)", metric: "\(metric)", threshold: nil, clusters: 1 + number % min(count, 20))
                    : .init(linkage: "\(linkage)", metric: "\(metric)", threshold: 0.1234 + Float(number) / 300, clusters: nil)
            }
        }
        struct Varied: Encodable {
            let data: [[[Float]]]
            let settings: [[Question.Setting]]
        }
        let program = """
            from sklearn.cluster import AgglomerativeClustering
            print(json.dumps([[
                AgglomerativeClustering(linkage=s["linkage"], metric=s["metric"], distance_threshold=s.get("threshold"),
                                        n_clusters=s.get("clusters")).fit_predict(vectors).tolist()
                for s in settings] for vectors, settings in zip(given["data"], given["settings"])]))
            """
        let answers = try PythonReference.run(program, given: Varied(data: data, settings: settings), as: [[[Int]]].self)
        var different: [String] = []
        for (number, vectors) in data.enumerated() {
            for (index, (linkage, metric)) in Self.linkages(number).enumerated() {
                let setting = settings[number][index]
                let cut: AgglomerativeClustering.Cut = setting.clusters.map { .clusters($0) } ?? .distance(setting.threshold ?? 0)
                let labels = try AgglomerativeClustering(linkage: linkage, metric: metric, cut: cut).labels(of: vectors)
                if labels != Self.renumbered(answers[number][index]) { different.append("\(number): \(linkage) \(metric) \(cut)") }
            }
        }
        #expect(different == [])
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
