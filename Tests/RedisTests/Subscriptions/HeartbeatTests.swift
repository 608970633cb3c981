import Testing

@testable import Redis

@Suite("Heartbeat")
struct HeartbeatTests {
    private let start = ContinuousClock.now

    private var heartbeat: Heartbeat { Heartbeat(interval: .seconds(15), patience: .seconds(5), now: start) }

    @Test func quietPeerIsAsked() {
        #expect(heartbeat.look(now: start + .seconds(14)) == .none)
        #expect(heartbeat.look(now: start + .seconds(15)) == .ping)
    }

    @Test func messagesCountAsSignsOfLife() {
        var heartbeat = heartbeat
        heartbeat.received(owesMore: false, now: start + .seconds(10))
        #expect(heartbeat.deadline == start + .seconds(25))
    }

    @Test func silentPeerIsGivenUp() {
        var heartbeat = heartbeat
        heartbeat.sent(now: start + .seconds(15))
        heartbeat.sent(now: start + .seconds(18))
        #expect(heartbeat.look(now: start + .seconds(19)) == .none)
        #expect(heartbeat.look(now: start + .seconds(20)) == .giveUp)
    }

    @Test func answerRestoresPatience() {
        var heartbeat = heartbeat
        heartbeat.sent(now: start + .seconds(15))
        heartbeat.received(owesMore: false, now: start + .seconds(16))
        #expect(heartbeat.look(now: start + .seconds(30)) == .none)
        #expect(heartbeat.look(now: start + .seconds(31)) == .ping)
    }
}
