internal import JSON
internal import TextModels

/// Which texts belong together: for each label the ids of its texts.
public struct TextClusters: Sendable, Hashable {
    /// The texts of one label.
    public struct Cluster: Sendable, Hashable {
        /// 0, 1, … in the order in which the clusters' first texts appear; −1 for the texts that belong to none.
        public let label: Int
        /// The ids, in the order of the texts.
        public let ids: [String]
    }

    /// The clusters in the order of their labels; no cluster is empty.
    public let clusters: [Cluster]

    /// Puts ids together by their labels.
    ///
    /// - Parameters:
    ///   - ids: The ids.
    ///   - labels: One label for each id.
    init(ids: [String], labels: [Int]) {
        var members: [Int: [String]] = [:]
        for (id, label) in zip(ids, labels) { members[label, default: []].append(id) }
        clusters = members.map { Cluster(label: $0.key, ids: $0.value) }.sorted { $0.label < $1.label }
    }

    /// Reads what ``json`` writes.
    ///
    /// - Throws: ``TextCollectionError`` where it is anything else.
    public init(json: [UInt8]) throws {
        let value: JSONValue
        do throws(JSONError) {
            value = try JSONReader().read(json[...])
        } catch {
            throw TextCollectionError(.malformed, "not JSON: \(error)")
        }
        guard case .object(let members) = value else { throw TextCollectionError(.wrongShape, "clusters are an object of label and ids") }
        let clusters = try members.map { member in
            guard let label = Int(member.name) else {
                throw TextCollectionError(.wrongShape, "\"\(member.name)\" is not the label of a cluster")
            }
            guard case .array(let values) = member.value else {
                throw TextCollectionError(.wrongShape, "the ids of label \(label) are not a list")
            }
            let ids = values.compactMap(\.string)
            guard ids.count == values.count else { throw TextCollectionError(.wrongShape, "an id of label \(label) is not a text") }
            return Cluster(label: label, ids: ids)
        }
        self.clusters = clusters.sorted { $0.label < $1.label }
    }

    /// The number of all texts.
    var textCount: Int { clusters.reduce(0) { $0 + $1.ids.count } }

    /// The number of texts that belong to no cluster.
    var unclusteredCount: Int { clusters.first { $0.label == ShortTextClustering.unclustered }?.ids.count ?? 0 }

    /// The number of clusters, that of the texts without a cluster left out.
    var clusterCount: Int { clusters.count { $0.label != ShortTextClustering.unclustered } }

    /// A JSON object of label and list of ids, such as `{"-1":["m"],"0":["a","b"]}`, in the order of ``clusters``.
    public var json: [UInt8] {
        jsonValue.bytes
    }

    /// What ``json`` is the text of.
    var jsonValue: JSONValue {
        .object(clusters.map { .init(String($0.label), .array($0.ids.map { .string($0) })) })
    }
}
