internal import JSON

/// How far a request has come.
struct ClusteringProgress: Sendable, Hashable {
    enum Stage: String, Sendable {
        case embedding
        case clustering
    }

    let stage: Stage
    /// For how many texts the stage is done, or what share of all its work that would be.
    let done: Int
    /// The number of all texts.
    let total: Int

    /// `{"stage":"embedding","done":512,"of":5000}`
    var json: JSONValue {
        .object([.init("stage", .string(stage.rawValue)), .init("done", .integer(done)), .init("of", .integer(total))])
    }
}
