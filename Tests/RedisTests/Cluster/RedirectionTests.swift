import Testing

@testable import Redis

@Suite("Redirection")
struct RedirectionTests {
    private let node = RedisNode(host: "asked", port: 1)

    private func redirection(_ message: String) -> Redirection? {
        Redirection(RedisServerError(message: message), from: node)
    }

    @Test func namesSlotAndNode() throws {
        let slot = try #require(HashSlot(number: 3999))
        #expect(redirection("MOVED 3999 10.0.0.1:6381") == .moved(slot, to: RedisNode(host: "10.0.0.1", port: 6381)))
        #expect(redirection("ASK 3999 redis-1.example:6381") == .ask(RedisNode(host: "redis-1.example", port: 6381)))
    }

    @Test func ofIPv6HasNoBrackets() throws {
        #expect(redirection("ASK 1 fd00::1:6381") == .ask(RedisNode(host: "fd00::1", port: 6381)))
    }

    @Test func withoutHostIsToTheHostThatWasAsked() throws {
        #expect(redirection("MOVED 0 :6381") == .moved(try #require(HashSlot(number: 0)), to: RedisNode(host: "asked", port: 6381)))
    }

    @Test(
        arguments: [
            "TRYAGAIN Multiple keys request during rehashing of slot", "CLUSTERDOWN The cluster is down",
            "CLUSTERDOWN Hash slot not served", "LOADING Redis is loading the dataset in memory",
            "MASTERDOWN Link with MASTER is down and replica-serve-stale-data is set to 'no'.",
        ]
    )
    func mayBeToALaterTime(_ message: String) {
        #expect(redirection(message) == .later)
    }

    @Test(
        arguments: [
            "", "MOVED", "MOVED 3999", "MOVED x 10.0.0.1:6381", "MOVED 16384 10.0.0.1:6381", "MOVED 1 10.0.0.1", "MOVED 1 10.0.0.1:0",
            "ASK 1 10.0.0.1:x", "ERR MOVED 1 10.0.0.1:6381", "CROSSSLOT Keys in request don't hash to the same slot", "READONLY no",
        ]
    )
    func isNothingElse(_ message: String) {
        #expect(redirection(message) == nil)
    }
}
