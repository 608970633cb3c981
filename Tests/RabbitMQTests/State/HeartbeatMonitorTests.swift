import Testing

@testable import RabbitMQ

@Suite("HeartbeatMonitor")
struct HeartbeatMonitorTests {
    @Test func heartbeatIsSentOnlyAfterSilenceOfOurOwn() {
        var monitor = HeartbeatMonitor()
        #expect(monitor.look(received: 1, sent: 10) == .none)
        #expect(monitor.look(received: 2, sent: 20) == .none)
        #expect(monitor.look(received: 3, sent: 20) == .send)
        #expect(monitor.look(received: 4, sent: 20) == .send)
        #expect(monitor.look(received: 5, sent: 21) == .none)
    }

    @Test func peerIsGivenUpAfterTwoIntervals() {
        var monitor = HeartbeatMonitor()
        // Two looks per interval; the byte may have come right before the second.
        for look in 1...5 { #expect(monitor.look(received: 1, sent: UInt64(look)) == .none) }
        #expect(monitor.look(received: 1, sent: 6) == .giveUp)
    }

    @Test func anyByteCountsAsASignOfLife() {
        var monitor = HeartbeatMonitor()
        for look in 1...100 { #expect(monitor.look(received: UInt64(look / 3), sent: UInt64(look)) == .none) }
    }

    @Test func silenceCountsOnlyWhileTheSocketIsRead() {
        var monitor = HeartbeatMonitor()
        for look in 1...100 { #expect(monitor.look(received: 0, sent: UInt64(look), isReading: false) == .none) }
    }
}
