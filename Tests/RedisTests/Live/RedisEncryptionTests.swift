import Foundation
import Redis
import TLS
import Testing

/// What crosses an encrypted connection, by the server that `MLSERVING_TEST_REDIS_TLS` names, whose certificate is for that host.
@Suite("Redis over TLS", .enabled(if: LiveRedis.encryptedNode != nil), .timeLimit(.minutes(5)))
struct RedisEncryptionTests {
    private var configuration: RedisConfiguration {
        var configuration = LiveRedis.configuration
        configuration.nodes = [LiveRedis.encryptedNode].compactMap(\.self)
        configuration.tls = TestCertificates.configuration()
        return configuration
    }

    // A record of TLS holds 16,384 bytes; a session's buffer four records.
    @Test func valuesOfAnySizeSurvive() async throws {
        try await LiveRedis.withClient(configuration) { redis async throws in
            try await LiveRedis.withKeys(of: redis) { keys async throws in
                for count in [0, 1, 16_383, 16_384, 16_385, 65_536, 5_000_001] {
                    let value = (0..<count).map { UInt8(truncatingIfNeeded: $0 ^ $0 >> 8) }
                    try await redis.set(keys[0], to: value, expiry: .seconds(60))
                    #expect(try await redis.get(keys[0]) == value)
                }
            }
        }
    }

    // More replies than are read in one turn of the loop, while the socket has nothing more to report.
    @Test func manyLargeRepliesToOnePipelineArrive() async throws {
        try await LiveRedis.withClient(configuration) { redis async throws in
            try await LiveRedis.withKeys(of: redis) { keys async throws in
                let value = [UInt8](repeating: 7, count: 200_000)
                try await redis.set(keys[0], to: value, expiry: .seconds(60))
                let replies = try await redis.send(pipeline: [RedisCommand](repeating: .get(keys[0]), count: 100))
                #expect(replies.count == 100)
                #expect(replies.allSatisfy { $0 == .bulk(value) })
            }
        }
    }

    @Test func repliesOfFiveHundredTasksReachTheirTasks() async throws {
        try await LiveRedis.withClient(configuration) { redis async throws in
            try await LiveRedis.withKeys(512, of: redis) { keys async throws in
                try await withThrowingTaskGroup(of: Void.self) { group in
                    for (index, key) in keys.enumerated() {
                        group.addTask {
                            for round in 0..<20 {
                                let value = Array("\(index)-\(round)".utf8)
                                try await redis.set(key, to: value, expiry: .seconds(60))
                                #expect(try await redis.get(key) == value)
                            }
                        }
                    }
                    try await group.waitForAll()
                }
            }
        }
    }

    @Test func notificationsArrive() async throws {
        try await LiveRedis.withClient(configuration) { redis async throws in
            let channel = "mlserving-test:\(UUID().uuidString)"
            try await redis.withSubscription(toChannels: [channel]) { subscription async throws in
                let payload = [UInt8](repeating: 1, count: 100_000)
                try await redis.send(RedisCommand("PUBLISH", .string(channel), .bytes(payload)))
                #expect(
                    try await subscription.next() == RedisSubscriptionEvents(messages: [RedisMessage(channel: channel, payload: payload)]))
            }
        }
    }

    @Test func brokenConnectionIsReplaced() async throws {
        try await LiveRedis.withClient(configuration) { redis async throws in
            let channel = "mlserving-test:\(UUID().uuidString)"
            try await redis.withSubscription(toChannels: [channel]) { subscription async throws in
                let identifier = try #require(try await redis.send(RedisCommand("CLIENT", "ID")).integer)
                try await LiveRedis.withClient { administrator async throws in
                    try await administrator.send(RedisCommand("CLIENT", "KILL", "ID", .string("\(identifier)")))
                }
                var later = try? await redis.send(RedisCommand("CLIENT", "ID")).integer
                while later == nil { later = try? await redis.send(RedisCommand("CLIENT", "ID")).integer }
                #expect(later != identifier)
                try await redis.send(RedisCommand("PUBLISH", .string(channel), "1"))
                #expect(try await subscription.next().messages.count == 1)
            }
        }
    }
}
