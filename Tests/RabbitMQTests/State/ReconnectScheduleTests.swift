import Testing

@testable import RabbitMQ

@Suite("ReconnectSchedule")
struct ReconnectScheduleTests {
    private static let nodes = (1...5).map { RabbitMQNode(host: "n\($0)", port: 1) }
    private static let backoff = ReconnectBackoff(initialCeiling: .milliseconds(100), maximumCeiling: .seconds(2))

    private func makeSchedule(seed: UInt64) -> ReconnectSchedule<SeededGenerator> {
        ReconnectSchedule(nodes: Self.nodes, backoff: Self.backoff, generator: SeededGenerator(seed: seed))
    }

    /// The nodes of a round, and the wait that ends it.
    private func takeRound(_ schedule: inout ReconnectSchedule<SeededGenerator>) -> ([RabbitMQNode], Duration) {
        var nodes: [RabbitMQNode] = []
        while true {
            switch schedule.next() {
            case .connect(let round): nodes += round
            case .wait(let duration): return (nodes, duration)
            }
        }
    }

    @Test func everyRoundGoesThroughAllNodesInAnOrderOfItsOwn() {
        var schedule = makeSchedule(seed: 1)
        var orders: Set<[RabbitMQNode]> = []
        for _ in 0..<10 {
            let (nodes, _) = takeRound(&schedule)
            #expect(Set(nodes) == Set(Self.nodes))
            #expect(nodes.count == Self.nodes.count)
            orders.insert(nodes)
        }
        #expect(orders.count > 5)
    }

    @Test func waitsAreSpreadFromZeroToACeilingThatDoubles() {
        var longest = [Duration](repeating: .zero, count: 8)
        var shortest = [Duration](repeating: .seconds(100), count: 8)
        for seed in 0..<300 {
            var schedule = makeSchedule(seed: UInt64(seed))
            for round in 0..<8 {
                let (_, wait) = takeRound(&schedule)
                longest[round] = max(longest[round], wait)
                shortest[round] = min(shortest[round], wait)
            }
        }
        for (round, ceiling) in [100, 200, 400, 800, 1_600, 2_000, 2_000, 2_000].enumerated() {
            #expect(longest[round] <= .milliseconds(ceiling))
            #expect(longest[round] > .milliseconds(ceiling) * 0.9)
            #expect(shortest[round] < .milliseconds(ceiling) * 0.1)
        }
    }

    @Test func lossOfAConnectionIsFollowedByAWait() {
        var schedule = makeSchedule(seed: 2)
        _ = schedule.next()
        schedule.connectionEnded(after: .seconds(100), wasUseful: true)
        guard case .wait(let duration) = schedule.next() else {
            Issue.record("expected a wait")
            return
        }
        #expect(duration <= .milliseconds(100))
    }

    @Test func onlyAConnectionThatLastedOrWasUsefulStartsTheWaitsOver() {
        #expect(longestWait(afterConnectionOf: .seconds(1), wasUseful: false) > .milliseconds(800))
        #expect(longestWait(afterConnectionOf: .seconds(2), wasUseful: false) <= .milliseconds(100))
        #expect(longestWait(afterConnectionOf: .milliseconds(1), wasUseful: true) <= .milliseconds(100))
    }

    private func longestWait(afterConnectionOf lifetime: Duration, wasUseful: Bool) -> Duration {
        (0..<100).map { seed in
            var schedule = makeSchedule(seed: UInt64(seed))
            for _ in 0..<4 { _ = takeRound(&schedule) }
            schedule.connectionEnded(after: lifetime, wasUseful: wasUseful)
            return takeRound(&schedule).1
        }.max() ?? .zero
    }

    @Test func ceilingNeverOverflows() {
        #expect(Self.backoff.ceiling(afterRounds: .max) == .seconds(2))
        #expect(Self.backoff.ceiling(afterRounds: 0) == .milliseconds(100))
    }
}
