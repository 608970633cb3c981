/// A message that was published on a channel.
public struct RedisMessage: Sendable, Hashable {
    /// The channel. Bytes that are not UTF-8 are replaced by U+FFFD.
    public let channel: String
    /// What was published.
    public let payload: [UInt8]

    /// Makes a message.
    public init(channel: String, payload: [UInt8]) {
        self.channel = channel
        self.payload = payload
    }
}
