/// What the broker says of a queue.
public struct QueueStatus: Sendable, Hashable {
    /// The name.
    public let name: String
    /// How many messages wait for a consumer; those delivered and not yet acknowledged do not count.
    public let messageCount: Int
    /// How many consumers the queue has.
    public let consumerCount: Int

    /// Makes a status.
    public init(name: String, messageCount: Int, consumerCount: Int) {
        self.name = name
        self.messageCount = messageCount
        self.consumerCount = consumerCount
    }
}
