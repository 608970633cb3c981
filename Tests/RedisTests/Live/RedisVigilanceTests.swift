import EventLoop
import Foundation
import Redis
import Synchronization
import Testing

/// What a client finds out about a server though nobody asks it for anything.
@Suite("RedisClient vigilance", .enabled(if: TestRedisServer.program != nil), .serialized, .timeLimit(.minutes(5)))
struct RedisVigilanceTests {
    private func configuration(_ server: TestRedisServer) -> RedisConfiguration {
        var configuration = RedisConfiguration(nodes: [server.node])
        configuration.reconnectDelay = .milliseconds(10)
        configuration.maximumReconnectDelay = .milliseconds(50)
        configuration.pingInterval = .milliseconds(50)
        configuration.subscriptionPingInterval = .milliseconds(50)
        configuration.keyspaceEvents = [.keyspace, .string]
        return configuration
    }

    private func flags(_ client: RedisClient) async throws -> String {
        try await client.send(RedisCommand("CONFIG", "GET", "notify-keyspace-events")).elements?.last?.string ?? ""
    }

    private func setFlags(_ flags: String, _ client: RedisClient) async throws {
        try await client.send(RedisCommand("CONFIG", "SET", "notify-keyspace-events", .string(flags)))
    }

    // MARK: Notifications

    @Test func notificationsThatSomebodySwitchesOffAreSwitchedOnAgainAndSubscribersAreTold() async throws {
        try await TestRedisServer.run { server in
            try await LiveRedis.withClient(configuration(server)) { redis async throws in
                try await redis.withPatternSubscription("__keyspace@0__:k*") { news async throws in
                    try await setFlags("", redis)
                    while try await !news.next().mayHaveMissed {}
                    #expect(KeyspaceEvents(flags: try await flags(redis)).isSuperset(of: [.keyspace, .string]))
                    #expect(await redis.keyspaceEventsStatus == .enabled)
                    try await redis.set("key", to: [1])
                    #expect(try await news.next().messages.map(\.channel) == ["__keyspace@0__:key"])
                }
            }
        }
    }

    @Test func whoMayOnlyLookIsToldThatNotificationsAreOffAndThatTheyAreOnAgain() async throws {
        let rules = "watcher on >s3cret ~* &* +@all -config|set"
        try await TestRedisServer.run([("user", rules), ("notify-keyspace-events", "K$")]) { server in
            var watcher = configuration(server)
            watcher.user = "watcher"
            watcher.password = "s3cret"
            let watcherConfiguration = watcher
            try await LiveRedis.withClient(configuration(server)) { administrator async throws in
                try await LiveRedis.withClient(watcherConfiguration) { redis async throws in
                    try await redis.withPatternSubscription("__keyspace@0__:k*") { news async throws in
                        #expect(await redis.keyspaceEventsStatus == .enabled)
                        try await setFlags("", administrator)
                        while try await !news.next().mayHaveMissed {}
                        #expect(await redis.keyspaceEventsStatus != .enabled)
                        try await setFlags("K$", administrator)
                        while try await !news.next().mayHaveMissed {}
                        #expect(await redis.keyspaceEventsStatus == .enabled)
                    }
                }
            }
        }
    }

    /// Who may not look does not know that they are off; who may look and not switch them on does.
    @Test(arguments: [("-config", "K$", false), ("-config|set", "", true), ("-config|set", "K$", false)])
    func onlyWhatIsKnownIsWarnedOf(_ right: String, _ flags: String, _ isWarnedOf: Bool) async throws {
        let rules = "watcher on >s3cret ~* &* +@all \(right)"
        try await TestRedisServer.run([("user", rules), ("notify-keyspace-events", flags)]) { server in
            var watcher = configuration(server)
            watcher.user = "watcher"
            watcher.password = "s3cret"
            let recorder = WarningRecorder()
            try await LiveRedis.withClient(watcher, logger: recorder.logger) { redis async throws in
                try await redis.withPatternSubscription("__keyspace@0__:k*") { _ async throws in
                    #expect(recorder.warnings.contains { $0.contains("keyspace notifications are off") } == isWarnedOf)
                    #expect(recorder.warnings.count == (isWarnedOf ? 1 : 0), "\(recorder.warnings)")
                    #expect(recorder.text.contains("does not tell whether") == (right == "-config"))
                }
            }
        }
    }

    // MARK: Silence

    @Test func silentServerIsFoundOutThoughNobodyAsksIt() async throws {
        try await TestRedisServer.run { server in
            var impatient = configuration(server)
            impatient.commandTimeout = .milliseconds(300)
            impatient.connectTimeout = .milliseconds(300)
            try await LiveRedis.withClient(impatient) { redis async throws in
                try await redis.waitUntilConnected()
                #expect(await redis.isConnected)
                #expect(await redis.problem == nil)
                server.setFrozen(true)
                let end = ContinuousClock.now + .seconds(10)
                while await redis.isConnected, .now < end { try await Task.sleep(for: .milliseconds(5)) }
                #expect(await !redis.isConnected)
                #expect(await redis.problem != nil)
                server.setFrozen(false)
                while await !redis.isConnected, .now < end { try await Task.sleep(for: .milliseconds(5)) }
                #expect(await redis.problem == nil)
            }
        }
    }

    @Test func lostSubscriptionsCountAsLost() async throws {
        try await TestRedisServer.run([("user", "half on >s3cret ~* &* +@all")]) { server in
            var half = configuration(server)
            half.user = "half"
            half.password = "s3cret"
            half.reconnectDelay = .seconds(60)
            half.maximumReconnectDelay = .seconds(60)
            try await LiveRedis.withClient(half) { redis async throws in
                try await redis.withPatternSubscription("x*") { _ async throws in
                    try await redis.waitUntilConnected()
                    #expect(await redis.isConnected)
                    try await redis.send(RedisCommand("CLIENT", "KILL", "TYPE", "pubsub"))
                    let end = ContinuousClock.now + .seconds(10)
                    while await redis.isConnected, .now < end { try await Task.sleep(for: .milliseconds(5)) }
                    #expect(await !redis.isConnected)
                    #expect(await redis.problem?.code == .connectionLost)
                }
            }
        }
    }

    // MARK: Slow lines

    @Test func largeValueOnASlowLineTakesItsTime() async throws {
        let value = [UInt8](repeating: 7, count: 4_000_000)
        let received = Mutex(0)
        let slow = FakeServer.afterGreeting { request in
            // Each read is at most 64 KiB: the line carries about 13 MB a second, and the limit is over before the value is.
            Thread.sleep(forTimeInterval: 0.005)
            let total = received.withLock {
                $0 += request.byteCount; return $0
            }
            return total >= value.count ? .bytes("+OK\r\n") : .nothing
        }
        try await FakeServer.run(slow) { server in
            var configuration = RedisConfiguration(nodes: [server.node])
            configuration.commandTimeout = .milliseconds(150)
            configuration.pingInterval = .seconds(60)
            try await LiveRedis.withClient(configuration) { redis async throws in
                try await redis.set("key", to: value)
                #expect(await redis.connectCount == 1)
            }
        }
    }

    // MARK: What a server says before it hangs up

    @Test(
        arguments: [
            ("-ERR max number of clients reached\r\n", "max number of clients reached", RedisError.Code.cannotConnect),
            ("-DENIED Redis is running in protected mode\r\n", "protected mode", .rejected),
        ], [nil, "s3cret"])
    func reasonIsTold(_ told: (words: String, expected: String, code: RedisError.Code), _ password: RedisSecret?) async throws {
        let (words, expected, code) = told
        try await FakeServer.run({ _ in .lastBytes(words) }) { server in
            var configuration = RedisConfiguration(nodes: [server.node])
            // The first command is AUTH, or CLIENT, whose errors are lived with.
            configuration.password = password
            configuration.clientName = "me"
            let recorder = WarningRecorder()
            try await LiveRedis.withClient(configuration, logger: recorder.logger) { redis async throws in
                try await recorder.waitForWarning()
                let problem = await redis.problem
                #expect(problem?.code == code)
                #expect(problem?.message.contains(expected) == true)
            }
        }
    }
}
