import Testing

@testable import Redis

@Suite("Sentinel")
struct SentinelTests {
    private let sentinel = RedisNode(host: "sentinel", port: 26379)

    private func message(_ text: String) -> RedisMessage { RedisMessage(channel: "+switch-master", payload: Array(text.utf8)) }

    private func bulk(_ text: String) -> RedisReply { .bulk(Array(text.utf8)) }

    @Test func addressIsRead() throws {
        let reply = RedisReply.array([bulk("10.0.0.1"), bulk("6380")])
        #expect(try MasterInquiry.master("main", in: reply, of: sentinel) == RedisNode(host: "10.0.0.1", port: 6380))
    }

    @Test func unknownMasterIsNamed() throws {
        let error = try #require(throws: RedisError.self) { try MasterInquiry.master("main", in: .null, of: sentinel) }
        #expect(error.code == .rejected)
        #expect(error.message.contains("\"main\""))
        #expect(error.node == sentinel)
    }

    @Test func serverThatIsNoSentinelIsRefused() throws {
        let reply = RedisReply.error(RedisServerError(message: "ERR unknown command 'SENTINEL'"))
        #expect(try #require(throws: RedisError.self) { try MasterInquiry.master("main", in: reply, of: sentinel) }.code == .rejected)
    }

    @Test func malformedAddressIsRefused() throws {
        for reply in [RedisReply.array([bulk("10.0.0.1")]), .array([bulk("10.0.0.1"), bulk("port")]), .array([bulk(""), bulk("1")])] {
            let error = try #require(throws: RedisError.self) { try MasterInquiry.master("main", in: reply, of: sentinel) }
            #expect(error.code == .unexpectedReply)
        }
    }

    @Test func newMasterIsRead() {
        let text = "main 10.0.0.1 6379 10.0.0.2 6380"
        #expect(SentinelWatch.master("main", in: message(text)) == RedisNode(host: "10.0.0.2", port: 6380))
    }

    @Test(arguments: ["", "main", "other 10.0.0.1 6379 10.0.0.2 6380", "main 10.0.0.1 6379 10.0.0.2", "main 10.0.0.1 6379 10.0.0.2 0"])
    func otherNewsIsPassedOver(_ text: String) {
        #expect(SentinelWatch.master("main", in: message(text)) == nil)
    }

    @Test func sentinelsAreToldWhoWeAreThere() {
        var configuration = RedisConfiguration(nodes: [])
        configuration.user = "alice"
        configuration.password = "at the server"
        configuration.database = 3
        configuration.keyspaceEvents = [.keyspace, .string]
        var sentinels = RedisSentinels(nodes: [sentinel], masterName: "main")
        sentinels.password = "at the sentinel"
        configuration.sentinels = sentinels
        let other = configuration.ofSentinels(sentinels)
        #expect(other.nodes == [sentinel])
        #expect(other.user == nil)
        #expect(other.password == "at the sentinel")
        #expect(other.database == 0)
        #expect(other.keyspaceEvents.isEmpty)
        #expect(other.sentinels == nil)
    }
}
