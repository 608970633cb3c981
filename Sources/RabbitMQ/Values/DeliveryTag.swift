/// Which delivery is meant, of which incarnation of a consumer.
///
/// The broker counts deliveries per channel, and forgets them with the channel: after a reconnect every message that was not settled is
/// delivered again. The generation tells a tag of an earlier channel from the same number of a later one.
public struct DeliveryTag: Sendable, Hashable {
    /// The incarnation of the consumer; grows with each, and is unique within a connection object.
    public let generation: UInt64
    /// The broker's number, counted from 1.
    public let number: UInt64

    /// Makes a tag, for tests of code that handles deliveries.
    public init(generation: UInt64, number: UInt64) {
        self.generation = generation
        self.number = number
    }
}
