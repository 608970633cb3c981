import Testing

@testable import Redis

@Suite("ClusterKeyWatch")
struct ClusterKeyWatchTests {
    private let one = RedisNode(host: "one", port: 1)
    private let two = RedisNode(host: "two", port: 2)
    private let confirmation = RedisKeyEvents(mayHaveMissed: true)
    private let news = RedisKeyEvents(keys: ["key"])

    private func watch(_ prefix: String = "key") -> ClusterKeyWatch {
        ClusterKeyWatch(prefix: prefix, patternPrefix: prefix, event: "set") { _ in }
    }

    private func token(_ identifier: UInt64) -> RedisSubscriptionToken { RedisSubscriptionToken(identifier: identifier) }

    private var topology: ClusterTopology {
        get throws {
            let reply = RedisReply.array([
                ClusterTopologyTests.range(0, 9_999, ClusterTopologyTests.node("one", 1)),
                ClusterTopologyTests.range(12_000, 16_383, ClusterTopologyTests.node("two", 2)),
            ])
            return try ClusterTopology(reply, from: one)
        }
    }

    @Test func prefixWithATagConcernsItsOwner() throws {
        // The slot of a is 15495, that of d is 11298.
        #expect(watch("x:{a}:").targets(in: try topology) == [two])
        #expect(watch("x:{d}:").targets(in: try topology) == [])
        #expect(watch("x:").targets(in: try topology) == [one, two])
    }

    @Test func isEstablishedOnceAllNodesHaveConfirmed() {
        var watch = watch()
        watch.add(token(1), at: one)
        watch.add(token(2), at: two)
        #expect(watch.receive(confirmation, from: one) == nil)
        // Whoever is told later to read anew misses nothing.
        #expect(watch.receive(news, from: one) == nil)
        #expect(watch.receive(confirmation, from: two) == confirmation)
        #expect(watch.receive(news, from: one) == news)
        #expect(watch.receive(confirmation, from: two) == confirmation)
    }

    @Test func nodeThatComesLaterSaysThatSomethingMayBeMissing() {
        var watch = watch()
        watch.add(token(1), at: one)
        #expect(watch.receive(confirmation, from: one) == confirmation)
        #expect(watch.remove(one) == token(1))
        watch.add(token(2), at: two)
        #expect(watch.receive(confirmation, from: two) == confirmation)
        #expect(watch.receive(news, from: two) == news)
    }

    @Test func nodeThatHasBeenLeftIsNotHeard() {
        var watch = watch()
        watch.add(token(1), at: one)
        #expect(watch.receive(confirmation, from: one) == confirmation)
        #expect(watch.remove(one) == token(1))
        #expect(watch.remove(one) == nil)
        #expect(watch.receive(news, from: one) == nil)
    }
}
