import Testing

@testable import RabbitMQ

@Suite("SilenceMonitor")
struct SilenceMonitorTests {
    private func actions(_ monitor: inout SilenceMonitor, received: [UInt64], isAnswering: Bool = true) -> [SilenceMonitor.Action] {
        received.map { monitor.look(received: $0, isAnswering: isAnswering) }
    }

    @Test func silentPeerIsAskedAndThenGivenUp() {
        var monitor = SilenceMonitor()
        #expect(actions(&monitor, received: [1, 1, 1, 1, 1, 1]) == [.none, .none, .probe, .none, .none, .giveUp])
        #expect(SilenceMonitor.patience < .seconds(10))
    }

    @Test func peerThatAnswersIsAskedAgain() {
        var monitor = SilenceMonitor()
        #expect(actions(&monitor, received: [1, 1, 1, 2, 2, 2, 3]) == [.none, .none, .probe, .none, .none, .probe, .none])
    }

    @Test func silenceOfAPeerThatDoesNotReadOrIsNotReadMeansNothing() {
        var monitor = SilenceMonitor()
        #expect(actions(&monitor, received: Array(repeating: 1, count: 20), isAnswering: false).allSatisfy { $0 == .none })
        #expect(actions(&monitor, received: [1, 1]) == [.none, .probe])
    }
}
