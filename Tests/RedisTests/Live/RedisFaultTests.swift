import EventLoop
import Redis
import Testing

@Suite("RedisClient through faults", .enabled(if: TestRedisServer.program != nil), .serialized, .timeLimit(.minutes(5)))
struct RedisFaultTests {
    private func configuration(_ nodes: RedisNode...) -> RedisConfiguration {
        var configuration = RedisConfiguration(nodes: nodes)
        configuration.reconnectDelay = .milliseconds(10)
        configuration.maximumReconnectDelay = .milliseconds(50)
        configuration.commandTimeout = .seconds(20)
        return configuration
    }

    // MARK: Who we are

    @Test func userAndPasswordAreGiven() async throws {
        try await TestRedisServer.run([("user", "alice on >s3cret ~* &* +@all"), ("requirepass", "other")]) { server in
            var configuration = configuration(server.node)
            configuration.user = "alice"
            configuration.password = "s3cret"
            try await LiveRedis.withClient(configuration) { redis async throws in
                #expect(try await redis.send(RedisCommand("ACL", "WHOAMI")).string == "alice")
            }
        }
    }

    @Test func passwordAloneIsTheDefaultUsers() async throws {
        try await TestRedisServer.run([("requirepass", "s3cret")]) { server in
            var configuration = configuration(server.node)
            configuration.password = "s3cret"
            try await LiveRedis.withClient(configuration) { redis async throws in
                #expect(try await redis.send(RedisCommand("ACL", "WHOAMI")).string == "default")
            }
        }
    }

    @Test(arguments: [("wr0ng", "WRONGPASS"), (nil, "NOAUTH")] as [(String?, String)])
    func refusedUserFailsAtOnce(_ password: String?, _ prefix: String) async throws {
        try await TestRedisServer.run([("requirepass", "s3cret")]) { server in
            var configuration = configuration(server.node)
            configuration.password = password.map { RedisSecret($0) }
            let recorder = WarningRecorder()
            try await LiveRedis.withClient(configuration, logger: recorder.logger) { redis async throws in
                let errors = [
                    await #expect(throws: RedisError.self) { try await redis.waitUntilConnected() },
                    await #expect(throws: RedisError.self) { try await redis.get("key") },
                    await #expect(throws: RedisError.self) {
                        try await redis.withPatternSubscription("*") { _ in Issue.record("subscribed without permission") }
                    },
                ]
                for error in errors {
                    #expect(error?.code == .rejected)
                    #expect(error?.serverError?.prefix == prefix)
                    #expect(error?.node == server.node)
                }
                #expect(recorder.text.contains(prefix))
                #expect(!recorder.text.contains("wr0ng"))
            }
        }
    }

    @Test func refusedUserIsLetInOnceThePasswordIsRight() async throws {
        try await TestRedisServer.run([("requirepass", "first")]) { server in
            var administrator = configuration(server.node)
            administrator.password = "first"
            var late = configuration(server.node)
            late.password = "second"
            let lateConfiguration = late
            try await LiveRedis.withClient(administrator) { administrator async throws in
                try await LiveRedis.withClient(lateConfiguration) { redis async throws in
                    await #expect(throws: RedisError.self) { try await redis.ping() }
                    await #expect(throws: RedisError.self) { try await redis.withPatternSubscription("*") { _ async throws in } }
                    try await administrator.send(RedisCommand("CONFIG", "SET", "requirepass", "second"))
                    while (try? await redis.ping()) == nil {}
                    while (try? await redis.withPatternSubscription("*") { _ async throws in true }) == nil {}
                }
            }
        }
    }

    @Test func databaseOutOfRangeIsRejected() async throws {
        try await TestRedisServer.run { server in
            var configuration = configuration(server.node)
            configuration.database = 1000
            try await LiveRedis.withClient(configuration) { redis async throws in
                let error = await #expect(throws: RedisError.self) { try await redis.ping() }
                #expect(error?.code == .rejected)
            }
        }
    }

    @Test func forbiddenCommandFailsAlone() async throws {
        try await TestRedisServer.run([("user", "default on nopass ~* &* +@all -set")]) { server in
            try await LiveRedis.withClient(configuration(server.node)) { redis async throws in
                let error = await #expect(throws: RedisError.self) { try await redis.set("key", to: []) }
                #expect(error?.code == .serverError)
                #expect(error?.serverError?.prefix == "NOPERM")
                #expect(try await redis.get("key") == nil)
            }
        }
    }

    // MARK: Connections that end

    @Test func commandsRecoverWhenTheServerIsBack() async throws {
        try await TestRedisServer.run { server in
            try await LiveRedis.withClient(configuration(server.node)) { redis async throws in
                try await redis.set("key", to: [1])
                for _ in 0..<3 {
                    server.kill()
                    // Issued while nothing listens.
                    let waiting = Task { try await redis.set("key", to: [2]) }
                    while await redis.connectedNode != nil { await Task.yield() }
                    try await server.restart()
                    do {
                        _ = try await waiting.value
                    } catch let error as RedisError {
                        // Unless it was sent before the end of the connection was seen.
                        #expect(error.code == .connectionLost)
                    }
                    try await redis.set("key", to: [3])
                    #expect(try await redis.get("key") == [3])
                }
            }
        }
    }

    /// If losses made the waits grow all the same, this would take two minutes.
    @Test func lossesDoNotAddUpWhileSomethingGetsThrough() async throws {
        try await TestRedisServer.run { server in
            try await LiveRedis.withClient(RedisConfiguration(nodes: [server.node])) { redis async throws in
                for _ in 0..<50 {
                    _ = try? await redis.send(RedisCommand("CLIENT", "KILL", "TYPE", "normal", "SKIPME", "no"))
                    while await redis.connectedNode != nil { await Task.yield() }
                    try await redis.waitUntilConnected()
                    try await redis.send(RedisCommand("INCR", "rounds"))
                }
                #expect(try await redis.get("rounds") == Array("50".utf8))
                #expect(await redis.connectCount == 51)
            }
        }
    }

    @Test func unansweredCommandIsLostWithTheConnection() async throws {
        try await TestRedisServer.run { server in
            try await LiveRedis.withClient(configuration(server.node)) { redis async throws in
                try await redis.ping()
                server.setFrozen(true)
                let unanswered = await redis.issue(RedisCommand("PING"))
                server.kill()
                let error = await #expect(throws: RedisError.self) { try await unanswered.value }
                #expect(error?.code == .connectionLost)
                #expect(error?.isOutcomeUnknown == true)
            }
        }
    }

    @Test func silentServerIsGivenUpAndFoundAgain() async throws {
        try await TestRedisServer.run { server in
            var configuration = configuration(server.node)
            configuration.commandTimeout = .milliseconds(200)
            try await LiveRedis.withClient(configuration) { redis async throws in
                try await redis.waitUntilConnected()
                server.setFrozen(true)
                let error = await #expect(throws: RedisError.self) { try await redis.ping() }
                #expect(error?.code == .replyTimedOut)
                server.setFrozen(false)
                try await redis.send(.ping, timeout: .seconds(20))
            }
        }
    }

    @Test func shortTimeoutOfOneCommandSparesTheOthers() async throws {
        try await TestRedisServer.run { server in
            try await LiveRedis.withClient(configuration(server.node)) { redis async throws in
                let identifier = try await redis.send(RedisCommand("CLIENT", "ID")).integer
                server.setFrozen(true)
                let patient = await redis.issue(RedisCommand("CLIENT", "ID"))
                let error = await #expect(throws: RedisError.self) { try await redis.send(.ping, timeout: .milliseconds(20)) }
                #expect(error?.code == .replyTimedOut)
                server.setFrozen(false)
                #expect(try await patient.value.integer == identifier)
                #expect(try await redis.send(RedisCommand("CLIENT", "ID")).integer == identifier)
            }
        }
    }

    @Test func commandWithoutServerTimesOutUnsent() async throws {
        let unused = RedisNode(host: "127.0.0.1", port: try LoopbackListener().port)
        var configuration = configuration(unused)
        configuration.commandTimeout = .milliseconds(100)
        let recorder = WarningRecorder()
        try await LiveRedis.withClient(configuration, logger: recorder.logger) { redis async throws in
            try await recorder.waitForWarning()
            let error = await #expect(throws: RedisError.self) { try await redis.ping() }
            #expect(error?.code == .timedOut)
            #expect((error?.underlying as? RedisError)?.code == .cannotConnect)
            #expect(error.map { "\($0)".contains("\(unused)") } == true)
        }
    }

    @Test func unknownHostIsNamed() async throws {
        var configuration = configuration(RedisNode(host: "no-such-host.invalid"))
        configuration.commandTimeout = .milliseconds(100)
        let recorder = WarningRecorder()
        try await LiveRedis.withClient(configuration, logger: recorder.logger) { redis async throws in
            try await recorder.waitForWarning()
            let error = await #expect(throws: RedisError.self) { try await redis.ping() }
            #expect(error?.code == .timedOut)
            #expect(error.map { "\($0)".contains("no-such-host.invalid") } == true)
        }
    }

    @Test func hostNameIsResolved() async throws {
        try await TestRedisServer.run { server in
            try await LiveRedis.withClient(configuration(RedisNode(host: "localhost", port: server.node.port))) { redis async throws in
                try await redis.ping()
            }
        }
    }

    // MARK: Several nodes

    @Test func nextNodeIsTriedWhenOneIsDown() async throws {
        let unused = RedisNode(host: "127.0.0.1", port: try LoopbackListener().port)
        try await TestRedisServer.run { server in
            try await LiveRedis.withClient(configuration(unused, server.node)) { redis async throws in
                try await redis.ping()
                #expect(await redis.connectedNode == server.node)
            }
        }
    }

    @Test func replicaIsPassedOver() async throws {
        try await TestRedisServer.run { primary in
            try await TestRedisServer.run([("replicaof", "127.0.0.1 \(primary.node.port)")]) { replica in
                try await LiveRedis.withClient(configuration(replica.node, primary.node)) { redis async throws in
                    try await redis.set("key", to: [1])
                    #expect(await redis.connectedNode == primary.node)
                }
            }
        }
    }

    @Test func demotedPrimaryIsLeftForTheNewOne() async throws {
        try await TestRedisServer.run { old in
            try await TestRedisServer.run { new in
                try await LiveRedis.withClient(configuration(old.node, new.node)) { redis async throws in
                    try await redis.withPatternSubscription("*") { subscription async throws in
                        try await redis.set("key", to: [1])
                        #expect(await redis.connectedNode == old.node)
                        try await redis.send(RedisCommand("REPLICAOF", "127.0.0.1", .string("\(new.node.port)")))
                        let error = await #expect(throws: RedisError.self) { try await redis.set("key", to: [2]) }
                        #expect(error?.serverError?.prefix == "READONLY")
                        try await redis.set("key", to: [3])
                        #expect(await redis.connectedNode == new.node)
                        #expect(try await subscription.next().mayHaveMissed)
                    }
                }
            }
        }
    }

    // MARK: Back-pressure

    @Test func commandsBeyondTheBoundWaitTheirTurn() async throws {
        try await TestRedisServer.run { server in
            var configuration = configuration(server.node)
            configuration.maximumCommandsInFlight = 3
            configuration.maximumBytesInFlight = 200
            try await LiveRedis.withClient(configuration) { redis async throws in
                try await withThrowingTaskGroup(of: Void.self) { group in
                    for index in 0..<300 {
                        group.addTask {
                            let value = [UInt8](repeating: UInt8(index % 256), count: index)
                            try await redis.set("key \(index)", to: value)
                            #expect(try await redis.get("key \(index)") == value)
                        }
                    }
                    try await group.waitForAll()
                }
            }
        }
    }

    @Test func completionsBeyondTheBoundAreRefused() async throws {
        try await TestRedisServer.run { server in
            var configuration = configuration(server.node)
            configuration.maximumCommandsInFlight = 4
            try await LiveRedis.withClient(configuration) { redis async throws in
                try await redis.ping()
                let results = await redis.issueTogether(12)
                #expect(results.filter { $0 == nil }.count == 8)
                #expect(results.filter { $0 == .overloaded }.count == 4)
            }
        }
    }

    @Test func clientRunsOnceOnly() async throws {
        try await TestRedisServer.run { server in
            try await LiveRedis.withClient(configuration(server.node)) { redis async throws in
                try await redis.ping()
                let error = await #expect(throws: RedisError.self) { try await redis.run() }
                #expect(error?.code == .closed)
            }
        }
    }
}

extension RedisClient {
    /// Sends a command before returning; its reply.
    fileprivate func issue(_ command: RedisCommand) -> Task<RedisReply, any Error> {
        let reply = TestPromise<RedisReply>()
        send(command) { reply.finish($0.mapError { $0 }) }
        return Task { try await reply.value }
    }

    /// Issues commands in one turn; the code with which each failed, `nil` for a reply.
    fileprivate func issueTogether(_ count: Int) async -> [RedisError.Code?] {
        // Touched on the loop's thread only.
        final class Codes: @unchecked Sendable { var all: [RedisError.Code?] = [] }
        let codes = Codes()
        return await withCheckedContinuation { continuation in
            for _ in 0..<count {
                send(.ping) { result in
                    if case .failure(let error) = result { codes.all.append(error.code) } else { codes.all.append(nil) }
                    if codes.all.count == count { continuation.resume(returning: codes.all) }
                }
            }
        }
    }
}
