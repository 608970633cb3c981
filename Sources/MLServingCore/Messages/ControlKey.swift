internal import Digests

/// The names of what consumers and clients keep in the store beside results: cancel marks, marks of suspects, convictions and shared outputs.
///
/// No request can express such a name, because ``AnswerPolicy`` permits no result key that begins as they do. Each name is bound to its queue,
/// and the hash tag keeps those of a queue on one node of a Redis Cluster.
enum ControlKey {
    private static let prefix = "mlserving-control:"

    /// What the names of announcements begin with.
    private static let directoryPrefix = "mlserving-models"

    /// What such names began with in earlier releases. They are still read, except for shared outputs, which may have been written by anybody.
    private static let formerPrefixes = ["mlserving:cancel:", "mlserving:suspect:", "mlserving:cache:"]

    /// Whether a key is, or was, such a name. By bytes: to Swift a combining character would make another beginning of it.
    static func isReserved(_ key: String) -> Bool {
        key.utf8.starts(with: prefix.utf8) || key.utf8.starts(with: directoryPrefix.utf8)
            || formerPrefixes.contains { key.utf8.starts(with: $0.utf8) }
    }

    private static func name(_ kind: String, _ queue: String) -> String {
        "\(prefix){\(queue)}:\(kind):"
    }

    // MARK: Cancellation

    /// What the cancel marks of a queue begin with, the current name first.
    static func cancelPrefixes(queue: String) -> [String] {
        [name("cancel", queue), "mlserving:cancel:{\(queue)}:"]
    }

    /// The mark that cancels a request.
    ///
    /// - Parameter name: The request's result key, or the id of another system's request.
    static func cancellation(of name: String, queue: String) -> String {
        self.name("cancel", queue) + name
    }

    /// All marks that may cancel a request.
    static func cancellations(of name: String, queue: String) -> [String] {
        cancelPrefixes(queue: queue).map { $0 + name }
    }

    // MARK: Suspects

    /// The mark that a prediction of a copy of a request has begun for the nth time.
    static func suspect(_ copy: String, _ number: Int, queue: String) -> String {
        "\(name("suspect", queue))\(copy):\(number)"
    }

    /// The mark that a prediction of a request has begun beside others, though it was delivered before.
    static func trial(of identity: SHA256Digest, queue: String) -> String {
        "\(name("suspect", queue))begun:\(identity)"
    }

    /// The same mark in the earlier release.
    static func formerSuspect(_ copy: String, _ number: Int, queue: String) -> String {
        "mlserving:suspect:{\(queue)}:\(copy):\(number)"
    }

    /// The name under which it is kept that a request is what consumers were lost for.
    static func conviction(of identity: SHA256Digest, queue: String) -> String {
        name("convicted", queue) + identity.description
    }

    /// The same name in the earlier release, which knew a request by its result key.
    static func formerConviction(of resultKey: String, queue: String) -> String {
        "mlserving:suspect:{\(queue)}:\(resultKey)"
    }

    // MARK: Shared outputs

    /// The name of an output that equal inputs share.
    static func output(of digest: SHA256Digest, queue: String) -> String {
        name("cache", queue) + digest.description
    }
}
