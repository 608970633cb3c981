import EventLoop
import MLServingTesting
import Testing

@testable import RabbitMQ

@Suite("ConnectionRace", .enabled(if: TestBroker.isAvailable), .timeLimit(.minutes(5)))
struct ConnectionRaceTests {
    /// Longer than the test may take.
    private static let long = Duration.seconds(3_600)

    /// Runs races on the loop that they belong to.
    private actor Track {
        let loop = EventLoop(name: "race-test")
        private var race: ConnectionRace?

        nonisolated var unownedExecutor: UnownedSerialExecutor { loop.asUnownedSerialExecutor() }

        /// The node that wins, and those that have failed by then.
        func run(_ nodes: [RabbitMQNode], headStart: Duration) async -> (winner: RabbitMQNode?, failures: [RabbitMQNode: RabbitMQError]) {
            let logins = nodes.map { node in
                var configuration = TestBroker.configuration
                configuration.nodes = [node]
                return Login(node: node, configuration: configuration)
            }
            let race = ConnectionRace(logins, loop: loop, headStart: headStart, timeout: ConnectionRaceTests.long)
            self.race = race
            let outcome = await race.run()
            return (outcome.transport?.node, outcome.failures)
        }

        func abandon() {
            race?.abandon()
        }

        var isRunning: Bool { race != nil }
    }

    private let broker: RabbitMQNode
    private let track = Track()

    init() throws {
        broker = try #require(TestBroker.node)
    }

    /// A node at which nothing listens.
    private func absentNode() throws -> RabbitMQNode {
        let proxy = try FaultProxy(to: broker)
        proxy.close()
        return proxy.node
    }

    @Test func silentNodeIsOvertaken() async throws {
        let silent = try FaultProxy(to: broker)
        defer { silent.close() }
        silent.fallSilent()
        let (winner, failures) = await track.run([silent.node, silent.node, broker], headStart: .milliseconds(10))
        #expect(winner == broker)
        #expect(failures.isEmpty)
    }

    @Test func nodeThatRefusesIsFollowedAtOnce() async throws {
        let absent = try absentNode()
        let (winner, failures) = await track.run([absent, broker], headStart: Self.long)
        #expect(winner == broker)
        #expect(failures[absent]?.code == .connectionFailed)
    }

    @Test func raceWithoutWinnerNamesAllWhoLost() async throws {
        let absent = [try absentNode(), try absentNode()]
        let (winner, failures) = await track.run(absent, headStart: Self.long)
        #expect(winner == nil)
        #expect(Set(failures.keys) == Set(absent))
    }

    @Test func abandonedRaceHasNoWinner() async throws {
        let silent = try FaultProxy(to: broker)
        defer { silent.close() }
        silent.fallSilent()
        async let outcome = track.run([silent.node], headStart: Self.long)
        while await !track.isRunning { await Task.yield() }
        await track.abandon()
        #expect(await outcome.winner == nil)
    }
}
