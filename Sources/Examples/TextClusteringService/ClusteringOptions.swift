internal import Hummingbird
internal import MLServing
internal import TextModels

/// What a request may ask for beside its texts, in the query of its address.
struct ClusteringOptions: Sendable {
    /// Which texts belong together.
    let clustering: ShortTextClustering
    /// Whether to tell what clusters are about, and how near texts are to them.
    let withDetails: Bool
    /// Whether to place the texts on a plane, too.
    let withPositions: Bool

    /// Reads a query.
    ///
    /// - Parameters:
    ///   - query: The parameters.
    ///   - clustering: What counts where the query says nothing.
    /// - Throws: ``HTTPFailure`` with 422 that names the parameter and the expected form.
    init(query: QueryParameters, default clustering: ShortTextClustering) throws {
        // One that is misspelt would do nothing, unnoticed.
        if let unknown = query.names.first(where: { !Self.names.contains($0) }) {
            throw HTTPFailure(.unprocessableContent, "there is no parameter \(unknown), only \(Self.names.joined(separator: ", "))")
        }
        withPositions = try Self.flag("positions", in: query)
        // Each is checked, whatever the other says.
        let details = try Self.flag("details", in: query)
        withDetails = details || withPositions
        let threshold = try Self.value("threshold", in: query, expected: "a number from 0 to 2") { text in
            Double(decimal: text).flatMap { (0...2).contains($0) ? Float($0) : nil }
        }
        let minimumSize = try Self.value("minimum_size", in: query, expected: "a number above 0") { text in
            Int(decimal: text).flatMap { $0 > 0 ? $0 : nil }
        }
        self.clustering = try ShortTextClustering(
            distanceThreshold: threshold ?? clustering.distanceThreshold,
            minimumClusterSize: minimumSize ?? clustering.minimumClusterSize,
            maximumCount: clustering.maximumCount
        )
    }

    private static let names = ["details", "positions", "threshold", "minimum_size"]

    private static func flag(_ name: String, in query: QueryParameters) throws -> Bool {
        try value(name, in: query, expected: "true or false") { text in
            switch text {
            case "", "true", "1": true
            case "false", "0": false
            default: nil
            }
        } ?? false
    }

    private static func value<Value>(
        _ name: String, in query: QueryParameters, expected: String, read: (String) -> Value?
    ) throws -> Value? {
        guard let text = query[name] else { return nil }
        guard let value = read(text) else {
            throw HTTPFailure(.unprocessableContent, "the parameter \(name) is \"\(text)\"; \(expected) is wanted")
        }
        return value
    }
}
