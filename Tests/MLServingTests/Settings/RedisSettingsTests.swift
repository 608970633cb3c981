import MLServing
import Testing

@Suite("Redis settings")
struct RedisSettingsTests {
    private func settings(_ values: [String: String]) throws -> ServingSettings {
        try ServingSettings(from: SettingsReader(values: values))
    }

    @Test func oneServerIsTheDefault() throws {
        let settings = try settings([:])
        #expect(settings.redisSentinels == nil)
        #expect(!settings.redisIsCluster)
    }

    @Test func sentinelsAreRead() throws {
        let sentinels = try #require(
            try settings([
                "REDIS_SENTINEL_NODES": "(a:26379 b:26380)", "REDIS_SENTINEL_MASTER": "main", "REDIS_SENTINEL_USER": "alice",
                "REDIS_SENTINEL_PASSWORD": "s3cret",
            ]).redisSentinels
        )
        #expect(sentinels.nodes == [ServerNode(host: "a", port: 26379), ServerNode(host: "b", port: 26380)])
        #expect(sentinels.masterName == "main")
        #expect(sentinels.user == "alice")
        #expect(sentinels.password == Secret("s3cret"))
        #expect(try settings(["REDIS_SENTINEL_NODES": "(a:26379)"]).redisSentinels?.masterName == "mymaster")
    }

    @Test func clusterIsRead() throws {
        let settings = try settings(["REDIS_CLUSTER": "1", "REDIS_NODES": "(a:1 b:2)"])
        #expect(settings.redisIsCluster)
        #expect(settings.redisNodes == [ServerNode(host: "a", port: 1), ServerNode(host: "b", port: 2)])
    }

    @Test func silentNodeIsLeftSoonerWhereThereAreOthers() throws {
        #expect(try settings(["RABBIT_NODES": "(a:1)"]).rabbitHeartbeat == .seconds(60))
        #expect(try settings(["RABBIT_NODES": "(a:1 b:2)"]).rabbitHeartbeat == .seconds(10))
        #expect(try settings(["RABBIT_NODES": "(a:1 b:2)", "RABBIT_HEARTBEAT_TIMEOUT": "30"]).rabbitHeartbeat == .seconds(30))
    }

    @Test(
        arguments: [
            (["REDIS_SENTINEL_NODES": "a"], "REDIS_SENTINEL_NODES"), (["REDIS_CLUSTER": "maybe"], "REDIS_CLUSTER"),
            (["REDIS_CLUSTER": "1", "REDIS_DATABASE": "2"], "REDIS_DATABASE"),
            (["REDIS_CLUSTER": "1", "REDIS_SENTINEL_NODES": "(a:1)"], "REDIS_CLUSTER"),
            (["REDIS_CLUSTER": "1", "RESULT_PREFIX": "a{}b"], "RESULT_PREFIX"),
        ]
    )
    func whatCannotBeIsRefusedByItsKey(_ values: [String: String], _ key: String) throws {
        #expect(try #require(throws: ConfigurationError.self) { try settings(values) }.key == key)
    }
}
