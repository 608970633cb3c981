import Testing

@testable import RabbitMQ

@Suite("HeartbeatMonitor")
struct HeartbeatMonitorTests {
    @Test func heartbeatIsSentOnlyAfterSilenceOfOurOwn() {
        var monitor = HeartbeatMonitor()
        #expect(monitor.look(bytesRead: 1, bytesWritten: 10) == .none)
        #expect(monitor.look(bytesRead: 2, bytesWritten: 20) == .none)
        #expect(monitor.look(bytesRead: 3, bytesWritten: 20) == .send)
        #expect(monitor.look(bytesRead: 4, bytesWritten: 28) == .none)
    }

    @Test func peerIsGivenUpAfterTwoIntervals() {
        var monitor = HeartbeatMonitor()
        _ = monitor.look(bytesRead: 1, bytesWritten: 1)
        #expect(monitor.look(bytesRead: 1, bytesWritten: 2) == .none)
        #expect(monitor.look(bytesRead: 1, bytesWritten: 3) == .none)
        #expect(monitor.look(bytesRead: 1, bytesWritten: 4) == .none)
        #expect(monitor.look(bytesRead: 1, bytesWritten: 5) == .giveUp)
    }

    @Test func anyByteCountsAsASignOfLife() {
        var monitor = HeartbeatMonitor()
        for look in 1...100 { #expect(monitor.look(bytesRead: UInt64(look / 3), bytesWritten: UInt64(look)) == .none) }
    }

    @Test func silenceCountsOnlyWhileTheSocketIsRead() {
        var monitor = HeartbeatMonitor()
        for look in 1...100 { #expect(monitor.look(bytesRead: 0, bytesWritten: UInt64(look), isReading: false) == .none) }
    }
}
