import Testing

@testable import Redis

@Suite("FeedBuffer")
struct FeedBufferTests {
    private func message(_ payload: Int) -> RedisMessage {
        RedisMessage(channel: "c", payload: [UInt8](repeating: 0, count: payload))
    }

    @Test func everythingComesAtOnceAndOnce() {
        var buffer = FeedBuffer(maximumBytes: 1000)
        #expect(buffer.take() == nil)
        buffer.append(message(1))
        buffer.append(message(2))
        #expect(buffer.take() == RedisSubscriptionEvents(messages: [message(1), message(2)]))
        #expect(buffer.take() == nil)
    }

    @Test func excessIsDroppedAndTold() {
        var buffer = FeedBuffer(maximumBytes: 1000)
        for _ in 0..<20 { buffer.append(message(100)) }
        let events = buffer.take()
        #expect(events?.mayHaveMissed == true)
        #expect(events.map { (1..<20).contains($0.messages.count) } == true)
        buffer.append(message(100))
        #expect(buffer.take() == RedisSubscriptionEvents(messages: [message(100)]))
    }

    @Test func markerAloneIsAnEvent() {
        var buffer = FeedBuffer(maximumBytes: 1000)
        buffer.markMissed()
        #expect(buffer.take() == RedisSubscriptionEvents(mayHaveMissed: true))
    }
}
