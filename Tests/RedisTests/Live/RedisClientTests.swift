import Foundation
import Redis
import Testing

@Suite("RedisClient", .enabled(if: LiveRedis.node != nil), .timeLimit(.minutes(5)))
struct RedisClientTests {
    @Test func storedValueIsReadBack() async throws {
        try await LiveRedis.withClient { redis async throws in
            try await LiveRedis.withKeys(of: redis) { keys async throws in
                #expect(try await redis.get(keys[0]) == nil)
                #expect(try await redis.exists(keys[0]) == false)
                #expect(try await redis.set(keys[0], to: Array("hello".utf8), expiry: .seconds(60)))
                #expect(try await redis.get(keys[0]) == Array("hello".utf8))
                #expect(try await redis.exists(keys[0]))
                #expect(try await redis.unlink(keys) == 1)
                #expect(try await redis.get(keys[0]) == nil)
            }
        }
    }

    @Test func firstValueStaysWhenOnlyIfAbsent() async throws {
        try await LiveRedis.withClient { redis async throws in
            try await LiveRedis.withKeys(of: redis) { keys async throws in
                #expect(try await redis.set(keys[0], to: [1], expiry: .seconds(60), onlyIfAbsent: true))
                #expect(try await redis.set(keys[0], to: [2], expiry: .seconds(60), onlyIfAbsent: true) == false)
                #expect(try await redis.get(keys[0]) == [1])
            }
        }
    }

    @Test func expiryIsSetToTheMillisecond() async throws {
        try await LiveRedis.withClient { redis async throws in
            try await LiveRedis.withKeys(of: redis) { keys async throws in
                try await redis.set(keys[0], to: [1], expiry: .milliseconds(59_500))
                let left = try await redis.send(RedisCommand("PTTL", .string(keys[0]))).integer
                #expect(left.map { (1...59_500).contains($0) } == true)
            }
        }
    }

    @Test(arguments: [[], [0], [13, 10], Array("\r\n$-1\r\n+OK\r\n".utf8), Array(0...255)])
    func anyBytesSurvive(_ bytes: [UInt8]) async throws {
        try await LiveRedis.withClient { redis async throws in
            try await LiveRedis.withKeys(of: redis) { keys async throws in
                try await redis.set(keys[0], to: bytes, expiry: .seconds(60))
                #expect(try await redis.get(keys[0]) == bytes)
            }
        }
    }

    @Test func valuesOfFiveMegabytesSurviveAmongSmallOnes() async throws {
        try await LiveRedis.withClient { redis async throws in
            try await LiveRedis.withKeys(16, of: redis) { keys async throws in
                let values = keys.indices.map { index in
                    [UInt8](repeating: UInt8(index), count: index.isMultiple(of: 4) ? 5_000_000 + index : index)
                }
                try await withThrowingTaskGroup(of: Void.self) { group in
                    for (key, value) in zip(keys, values) {
                        group.addTask { try await redis.set(key, to: value, expiry: .seconds(60)) }
                    }
                    try await group.waitForAll()
                }
                let stored = try await redis.get(keys)
                #expect(stored == values)
            }
        }
    }

    @Test func repliesOfFiveHundredTasksReachTheirTasks() async throws {
        try await LiveRedis.withClient { redis async throws in
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

    @Test func pipelineReportsEachCommandsOwnError() async throws {
        try await LiveRedis.withClient { redis async throws in
            try await LiveRedis.withKeys(of: redis) { keys async throws in
                let replies = try await redis.send(pipeline: [
                    .set(keys[0], to: Array("x".utf8), expiry: .seconds(60)), RedisCommand("INCR", .string(keys[0])), .get(keys[0]),
                ])
                #expect(replies.count == 3)
                #expect(replies[0] == .simpleString("OK"))
                guard case .error(let error) = replies[1] else {
                    Issue.record("INCR of a text succeeded")
                    return
                }
                #expect(error.prefix == "ERR")
                #expect(replies[2] == .bulk(Array("x".utf8)))
            }
        }
    }

    @Test func errorReplyIsThrownWithItsPrefix() async throws {
        try await LiveRedis.withClient { redis async throws in
            try await LiveRedis.withKeys(of: redis) { keys async throws in
                try await redis.set(keys[0], to: [1], expiry: .seconds(60))
                let error = try await #require(throws: RedisError.self) {
                    try await redis.send(RedisCommand("LPUSH", .string(keys[0]), "x"))
                }
                #expect(error.code == .serverError)
                #expect(error.serverError?.prefix == "WRONGTYPE")
                #expect(error.isOutcomeUnknown == false)
                try await redis.ping()
            }
        }
    }

    @Test func infoIsSplitIntoFields() async throws {
        try await LiveRedis.withClient { redis async throws in
            let fields = try await redis.info("server")
            #expect(fields["redis_version"]?.isEmpty == false)
            #expect(fields["tcp_port"] != nil)
        }
    }

    @Test func databaseIsSelected() async throws {
        var configuration = LiveRedis.configuration
        configuration.database = 9
        try await LiveRedis.withClient(configuration) { other async throws in
            try await LiveRedis.withKeys(of: other) { keys async throws in
                try await other.set(keys[0], to: [9], expiry: .seconds(60))
                try await LiveRedis.withClient { first async throws in
                    #expect(try await first.get(keys[0]) == nil)
                }
                #expect(try await other.get(keys[0]) == [9])
            }
        }
    }

    @Test func clientIsNamed() async throws {
        var configuration = LiveRedis.configuration
        configuration.clientName = "mlserving-test"
        try await LiveRedis.withClient(configuration) { redis async throws in
            #expect(try await redis.send(RedisCommand("CLIENT", "GETNAME")).string == "mlserving-test")
        }
    }

    @Test func cancelledCommandLeavesTheConnectionUsable() async throws {
        try await LiveRedis.withClient { redis async throws in
            try await LiveRedis.withKeys(of: redis) { keys async throws in
                let identifier = try await redis.send(RedisCommand("CLIENT", "ID")).integer
                let long = [UInt8](repeating: 0, count: 200_000)
                for _ in 0..<50 {
                    let cancelled = Task { try await redis.send(RedisCommand("ECHO", .bytes(long))) }
                    let neighbour = Task { try await redis.set(keys[0], to: [1], expiry: .seconds(60)) }
                    cancelled.cancel()
                    _ = await cancelled.result
                    #expect(try await neighbour.value)
                }
                #expect(try await redis.send(RedisCommand("CLIENT", "ID")).integer == identifier)
            }
        }
    }

    @Test func completionsComeOnTheLoopInOrder() async throws {
        try await LiveRedis.withClient { redis async throws in
            let order = await withCheckedContinuation { continuation in
                Task { await redis.collectEchoes(of: 100, into: continuation) }
            }
            #expect(order == (0..<100).map { "\($0)" })
        }
    }

    @Test func stoppedClientRefusesCommands() async throws {
        let redis = try await LiveRedis.withClient { redis async throws in
            try await redis.ping()
            return redis
        }
        let error = await #expect(throws: RedisError.self) { try await redis.ping() }
        #expect(error?.code == .closed)
        let waiting = await #expect(throws: RedisError.self) { try await redis.waitUntilConnected() }
        #expect(waiting?.code == .closed)
    }

    @Test func stoppingLetsIssuedCommandsFinish() async throws {
        let replies = try await LiveRedis.withClient { redis async throws in
            try await redis.waitUntilConnected()
            return await redis.issueEchoes(of: 1000)
        }
        for (index, reply) in replies.enumerated() {
            #expect(try await reply.value == "\(index)")
        }
    }
}

extension RedisClient {
    fileprivate func collectEchoes(of count: Int, into continuation: CheckedContinuation<[String], Never>) {
        // Touched on the loop's thread only.
        final class Texts: @unchecked Sendable { var all: [String] = [] }
        let texts = Texts()
        for index in 0..<count {
            send(RedisCommand("ECHO", .string("\(index)"))) { result in
                self.assertIsolated()
                texts.all.append((try? result.get())?.string ?? "\(result)")
                if texts.all.count == count { continuation.resume(returning: texts.all) }
            }
        }
    }

    fileprivate func issueEchoes(of count: Int) -> [Task<String?, any Error>] {
        (0..<count).map { index in
            let (stream, continuation) = AsyncThrowingStream<String?, any Error>.makeStream(bufferingPolicy: .bufferingOldest(1))
            send(RedisCommand("ECHO", .string("\(index)"))) { result in
                continuation.yield(with: result.map(\.string).mapError { $0 })
                continuation.finish()
            }
            return Task {
                for try await text in stream { return text }
                return nil
            }
        }
    }
}
