internal import TextModels

/// Clusters as somebody reads them: a title for each, its texts, and at the end the texts that belong to none.
public struct ClusterReport: Sendable, CustomStringConvertible {
    private let collection: TextCollection
    private let clusters: TextClusters
    private let duration: Duration?

    /// Makes a report.
    ///
    /// - Parameters:
    ///   - collection: The texts by their ids.
    ///   - clusters: Which of them belong together.
    ///   - duration: How long that took to find out; `nil` leaves it out.
    public init(of collection: TextCollection, in clusters: TextClusters, after duration: Duration? = nil) {
        self.collection = collection
        self.clusters = clusters
        self.duration = duration
    }

    /// The report, with a line feed at its end.
    public var description: String {
        let texts = Dictionary(zip(collection.ids, collection.texts)) { first, _ in first }
        let width = collection.ids.map(\.count).max() ?? 0
        var lines = [heading]
        for cluster in clusters.clusters where cluster.label != ShortTextClustering.unclustered {
            lines += ["", "\(cluster.label). \(Self.title(of: cluster.ids.compactMap { texts[$0] }))"]
            lines += cluster.ids.map { Self.line($0, texts[$0], width: width) }
        }
        for cluster in clusters.clusters where cluster.label == ShortTextClustering.unclustered {
            lines += ["", "In no cluster"]
            lines += cluster.ids.map { Self.line($0, texts[$0], width: width) }
        }
        return lines.joined(separator: "\n") + "\n"
    }

    private var heading: String {
        let time = duration.map { " (\($0.formattedSeconds) s)" } ?? ""
        return
            "\(clusters.textCount - clusters.unclusteredCount) of \(clusters.textCount) texts in \(clusters.clusterCount) clusters\(time)"
    }

    /// The words that most texts of a cluster share, or the shortest text when they share none.
    private static func title(of texts: [String]) -> String {
        let preprocessor = TextPreprocessor()
        var counts: [String: Int] = [:]
        for text in texts {
            for word in Set(preprocessor.words(of: text)) { counts[word, default: 0] += 1 }
        }
        let shared = counts.filter { $0.value * 3 >= texts.count && $0.value > 1 }
            .sorted { ($1.value, $0.key) < ($0.value, $1.key) }
            .prefix(3).map(\.key)
        return shared.isEmpty ? texts.min { $0.count < $1.count } ?? "" : shared.joined(separator: ", ")
    }

    private static func line(_ id: String, _ text: String?, width: Int) -> String {
        "   \(id)\(String(repeating: " ", count: max(0, width - id.count)))  \(text ?? "")"
    }
}

extension Duration {
    /// Seconds with two decimals, rounded down.
    fileprivate var formattedSeconds: String {
        let hundredths = components.seconds * 100 + components.attoseconds / 10_000_000_000_000_000
        return "\(hundredths / 100).\(hundredths % 100 < 10 ? "0" : "")\(hundredths % 100)"
    }
}
