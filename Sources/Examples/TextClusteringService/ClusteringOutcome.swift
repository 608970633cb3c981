internal import JSON

/// What came of a request.
struct ClusteringOutcome: Sendable {
    let clusters: TextClusters
    /// Where the request asked for them.
    let details: ClusterDetails?

    /// The answer.
    var json: JSONValue { details?.json ?? clusters.jsonValue }
}
