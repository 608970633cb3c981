/// The keys that something has happened to since a watcher was last told.
public struct RedisKeyEvents: Sendable, Hashable {
    /// The keys, in the order in which the server told of them.
    public var keys: [String]
    /// Whether keys may be missing before these; see ``RedisSubscriptionEvents/mayHaveMissed``.
    public var mayHaveMissed: Bool

    /// Makes events.
    public init(keys: [String] = [], mayHaveMissed: Bool = false) {
        self.keys = keys
        self.mayHaveMissed = mayHaveMissed
    }
}
