internal import JSON
internal import TextModels

/// What is told of clusters beside their labels: what they are about, and how near their texts are to them.
struct ClusterDetails: Sendable {
    /// A text.
    struct Text: Sendable {
        let id: String
        /// The cosine distance to the centre of its cluster; `nil` for texts without one.
        let distance: Float?
        /// Where it is on a plane, if that was asked for.
        let position: SIMD2<Float>?
    }

    /// The texts that belong together.
    struct Cluster: Sendable {
        let label: Int
        /// The id of the text that is nearest to the centre.
        let representative: String
        /// Words that tell the cluster from others.
        let terms: [String]
        let texts: [Text]
    }

    /// In the order of their labels.
    let clusters: [Cluster]
    /// The texts that belong to no cluster.
    let unclustered: [Text]

    /// Finds out what there is to tell.
    ///
    /// - Parameters:
    ///   - ids: The texts' ids.
    ///   - words: The texts as they were embedded.
    ///   - vectors: What has been clustered.
    ///   - labels: What came of it.
    ///   - withPositions: Whether to place the texts on a plane, too.
    /// - Throws: `CancellationError` when nobody waits for it any more.
    init(ids: [String], words: [String], vectors: [[Float]], labels: [Int], withPositions: Bool) throws {
        let directions = Directions(of: vectors)
        let positions = try withPositions ? PlanarPositions.positions(of: directions) : nil
        let keyTerms = KeyTerms(texts: words)
        var members: [Int: [Int]] = [:]
        for (item, label) in labels.enumerated() { members[label, default: []].append(item) }
        unclustered = (members.removeValue(forKey: ShortTextClustering.unclustered) ?? []).map { item in
            Text(id: ids[item], distance: nil, position: positions?[item])
        }
        clusters = try members.sorted { $0.key < $1.key }.map { label, items in
            try Task.checkCancellation()
            let center = directions.center(of: items)
            // Rounding may leave a product above one.
            let distances = items.map { max(0, 1 - directions.dotProduct($0, with: center)) }
            let nearest = distances.indices.min { (distances[$0], $0) < (distances[$1], $1) } ?? 0
            return Cluster(
                label: label,
                representative: ids[items[nearest]],
                terms: keyTerms.terms(of: items),
                texts: zip(items, distances).map { Text(id: ids[$0], distance: $1, position: positions?[$0]) }
            )
        }
    }

    /// An object of `clusters` and `unclustered`.
    var json: JSONValue {
        .object([.init("clusters", .array(clusters.map(\.json))), .init("unclustered", .array(unclustered.map(\.json)))])
    }
}

extension ClusterDetails.Cluster {
    fileprivate var json: JSONValue {
        .object([
            .init("label", .integer(label)), .init("representative", .string(representative)),
            .init("terms", .array(terms.map { .string($0) })), .init("texts", .array(texts.map(\.json))),
        ])
    }
}

extension ClusterDetails.Text {
    fileprivate var json: JSONValue {
        var members: [JSONValue.Member] = [.init("id", .string(id))]
        if let distance { members.append(.init("distance", .number(distance))) }
        if let position { members.append(.init("position", .array([.number(position.x), .number(position.y)]))) }
        return .object(members)
    }
}

extension JSONValue {
    /// A number; null for what JSON has no form for.
    fileprivate static func number(_ number: Float) -> JSONValue { JSONNumber(number).map { .number($0) } ?? .null }
}
