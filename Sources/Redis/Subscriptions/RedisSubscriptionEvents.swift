/// All that has arrived for a subscriber since it last looked.
public struct RedisSubscriptionEvents: Sendable, Hashable {
    /// The messages, in the order in which the server sent them.
    public var messages: [RedisMessage] = []
    /// Whether messages may be missing before these: the subscription was (re-)established after a time without, or more arrived than may
    /// wait. Whoever must not miss anything reads anew what the messages are about.
    public var mayHaveMissed = false

    /// Makes events.
    public init(messages: [RedisMessage] = [], mayHaveMissed: Bool = false) {
        self.messages = messages
        self.mayHaveMissed = mayHaveMissed
    }
}
