/// The messages that wait for one subscriber, up to a number of bytes. What exceeds them is dropped, and that is told.
struct FeedBuffer {
    /// What a message takes beside its text.
    private static let overhead = 64

    private let maximumBytes: Int
    private var byteCount = 0
    private var events = RedisSubscriptionEvents()

    init(maximumBytes: Int) {
        self.maximumBytes = maximumBytes
    }

    mutating func append(_ message: RedisMessage) {
        let size = message.payload.count + message.channel.utf8.count + Self.overhead
        guard byteCount + size <= maximumBytes else {
            events.mayHaveMissed = true
            return
        }
        byteCount += size
        events.messages.append(message)
    }

    mutating func markMissed() {
        events.mayHaveMissed = true
    }

    /// Everything so far, or `nil` when there is nothing to tell.
    mutating func take() -> RedisSubscriptionEvents? {
        guard events.mayHaveMissed || !events.messages.isEmpty else { return nil }
        defer {
            events = RedisSubscriptionEvents()
            byteCount = 0
        }
        return events
    }
}
