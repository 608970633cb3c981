import Foundation
import Redis
import Testing

@Suite("RedisSubscription", .enabled(if: TestRedisServer.program != nil), .serialized, .timeLimit(.minutes(5)))
struct RedisSubscriptionTests {
    private func configuration(_ server: TestRedisServer) -> RedisConfiguration {
        var configuration = RedisConfiguration(nodes: [server.node])
        configuration.reconnectDelay = .milliseconds(10)
        configuration.maximumReconnectDelay = .milliseconds(50)
        configuration.keyspaceEvents = [.keyspace, .string]
        configuration.commandTimeout = .seconds(20)
        return configuration
    }

    private func withServerAndClient(
        _ settings: [(String, String)] = [], change: (inout RedisConfiguration) -> Void = { _ in },
        _ body: @escaping @Sendable (TestRedisServer, RedisClient) async throws -> Void
    ) async throws {
        try await TestRedisServer.run(settings) { server in
            var configuration = configuration(server)
            change(&configuration)
            try await LiveRedis.withClient(configuration) { try await body(server, $0) }
        }
    }

    /// Reads until a message satisfies the condition.
    private func message(
        from subscription: RedisSubscription, where isWanted: (RedisMessage) -> Bool
    ) async throws -> RedisMessage {
        while true {
            if let message = try await subscription.next().messages.first(where: isWanted) { return message }
        }
    }

    @Test func valueSetAfterSubscribingIsAlwaysTold() async throws {
        try await withServerAndClient { _, redis async throws in
            for round in 0..<300 {
                try await redis.withPatternSubscription("__keyspace@0__:results:\(round):*") { subscription async throws in
                    try await redis.set("results:\(round):1", to: [1], expiry: .seconds(10))
                    let events = try await subscription.next()
                    #expect(
                        events.messages.first == RedisMessage(channel: "__keyspace@0__:results:\(round):1", payload: Array("set".utf8))
                    )
                    #expect(!events.mayHaveMissed)
                }
            }
        }
    }

    @Test func channelsAreSubscribedTogether() async throws {
        try await withServerAndClient { _, redis async throws in
            try await redis.withSubscription(toChannels: ["a", "b"]) { subscription async throws in
                for channel in ["a", "b"] {
                    #expect(try await redis.send(RedisCommand("PUBLISH", .string(channel), .bytes([0, 255]))).integer == 1)
                    #expect(try await subscription.next().messages == [RedisMessage(channel: channel, payload: [0, 255])])
                }
            }
        }
    }

    @Test func everythingThatArrivedComesInOrder() async throws {
        try await withServerAndClient { _, redis async throws in
            try await redis.withSubscription(toChannels: ["a"]) { subscription async throws in
                let publish = (0..<5000).map { RedisCommand("PUBLISH", "a", .integer($0)) }
                async let published = redis.send(pipeline: publish)
                var texts: [String] = []
                while texts.count < publish.count {
                    let events = try await subscription.next()
                    #expect(!events.mayHaveMissed)
                    texts += events.messages.map { String(decoding: $0.payload, as: UTF8.self) }
                }
                #expect(texts == (0..<5000).map { "\($0)" })
                _ = try await published
            }
        }
    }

    @Test func subscribersOfOnePatternAllHear() async throws {
        try await withServerAndClient { _, redis async throws in
            try await redis.withPatternSubscription("*") { first async throws in
                try await redis.withPatternSubscription("*") { second async throws in
                    #expect(try await redis.send(RedisCommand("PUBLISH", "a", "1")).integer == 1)
                    #expect(try await first.next().messages.count == 1)
                    #expect(try await second.next().messages.count == 1)
                }
                try await redis.send(RedisCommand("PUBLISH", "a", "2"))
                #expect(try await first.next().messages.count == 1)
            }
        }
    }

    @Test func leavingTheScopeUnsubscribes() async throws {
        try await withServerAndClient { _, redis async throws in
            struct Left: Error {}
            await #expect(throws: Left.self) {
                try await redis.withSubscription(toChannels: ["a"]) { _ async throws in throw Left() }
            }
            while try await redis.send(RedisCommand("PUBSUB", "NUMSUB", "a")).elements?.last != .integer(0) {}
            try await redis.withSubscription(toChannels: ["a"]) { subscription async throws in
                try await redis.send(RedisCommand("PUBLISH", "a", "1"))
                #expect(try await subscription.next().messages.count == 1)
            }
        }
    }

    @Test func subscriptionUsedOutsideItsScopeIsClosed() async throws {
        try await withServerAndClient { _, redis async throws in
            let subscription = try await redis.withSubscription(toChannels: ["a"]) { subscription async throws in subscription }
            let error = await #expect(throws: RedisError.self) { try await subscription.next() }
            #expect(error?.code == .closed)
        }
    }

    @Test func cancelledReaderLeavesTheSubscriptionUsable() async throws {
        try await withServerAndClient { _, redis async throws in
            try await redis.withSubscription(toChannels: ["a"]) { subscription async throws in
                let reader = Task { try await subscription.next() }
                reader.cancel()
                await #expect(throws: CancellationError.self) { try await reader.value }
                try await redis.send(RedisCommand("PUBLISH", "a", "1"))
                #expect(try await subscription.next().messages.count == 1)
            }
        }
    }

    @Test func overflowIsTold() async throws {
        try await withServerAndClient(change: { $0.maximumSubscriptionBytes = 2000 }) { _, redis async throws in
            try await redis.withSubscription(toChannels: ["a", "end"]) { subscription async throws in
                _ = try await redis.send(pipeline: (0..<500).map { RedisCommand("PUBLISH", "a", .integer($0)) })
                // Comes last on the connection for subscriptions: all before it has been taken or dropped.
                try await redis.withSubscription(toChannels: ["other"]) { _ async throws in }
                let events = try await subscription.next()
                #expect(events.mayHaveMissed)
                #expect((1..<500).contains(events.messages.count))
            }
        }
    }

    // MARK: Reconnecting

    @Test func restartedServerHasFlagsAndSubscriptionsAgain() async throws {
        try await withServerAndClient { server, redis async throws in
            try await redis.withPatternSubscription("__keyspace@0__:*") { subscription async throws in
                for round in 0..<3 {
                    try await redis.set("before \(round)", to: [1])
                    _ = try await message(from: subscription) { $0.channel.hasSuffix("before \(round)") }
                    server.kill()
                    try await server.restart()
                    while try await !subscription.next().mayHaveMissed {}
                    #expect(await redis.keyspaceEventsStatus == .enabled)
                    // From the marker on, nothing may be missing.
                    try await redis.send(.set("after \(round)", to: [1]))
                    #expect(try await subscription.next().messages.map(\.channel) == ["__keyspace@0__:after \(round)"])
                }
            }
        }
    }

    @Test func subscriptionWaitsForTheServer() async throws {
        try await withServerAndClient { server, redis async throws in
            try await redis.ping()
            server.kill()
            let subscribed = Task { try await redis.withSubscription(toChannels: ["a"]) { _ async throws in true } }
            try await server.restart()
            #expect(try await subscribed.value)
        }
    }

    @Test func killedSubscriptionConnectionIsRestored() async throws {
        try await withServerAndClient { _, redis async throws in
            try await redis.withSubscription(toChannels: ["a"]) { subscription async throws in
                #expect(try await redis.send(RedisCommand("CLIENT", "KILL", "TYPE", "pubsub")).integer == 1)
                #expect(try await subscription.next() == RedisSubscriptionEvents(mayHaveMissed: true))
                try await redis.send(RedisCommand("PUBLISH", "a", "1"))
                #expect(try await subscription.next().messages.count == 1)
            }
        }
    }

    @Test func stoppedClientEndsSubscriptions() async throws {
        try await TestRedisServer.run { server in
            let configuration = configuration(server)
            let promise = TestPromise<RedisError.Code?>()
            let task = Task {
                try await LiveRedis.withClient(configuration) { redis async throws in
                    Task {
                        do {
                            try await redis.withSubscription(toChannels: ["a"]) { subscription async throws in
                                try await redis.send(RedisCommand("PUBLISH", "a", "ready"))
                                while true { _ = try await subscription.next() }
                            }
                        } catch {
                            promise.finish(.success((error as? RedisError)?.code))
                        }
                    }
                    while try await redis.send(RedisCommand("PUBSUB", "NUMSUB", "a")).elements?.last != .integer(1) {}
                }
            }
            try await task.value
            #expect(try await promise.value == .closed)
        }
    }

    // MARK: Keyspace notifications

    @Test func presetFlagsAreKept() async throws {
        try await withServerAndClient([("notify-keyspace-events", "Ex")]) { _, redis async throws in
            try await redis.withPatternSubscription("__keyspace@0__:*") { _ async throws in
                let reply = try await redis.send(RedisCommand("CONFIG", "GET", "notify-keyspace-events"))
                #expect(KeyspaceEvents(flags: reply.elements?.last?.string ?? "") == [.keyevent, .expired, .keyspace, .string])
            }
        }
    }

    @Test func flagsAreEnsuredOnRequest() async throws {
        try await withServerAndClient(change: { $0.keyspaceEvents = [] }) { _, redis async throws in
            #expect(try await redis.ensureKeyspaceEvents([.keyspace, .string]) == .enabled)
            let reply = try await redis.send(RedisCommand("CONFIG", "GET", "notify-keyspace-events"))
            #expect(KeyspaceEvents(flags: reply.elements?.last?.string ?? "") == [.keyspace, .string])
        }
    }

    @Test func forbiddenConfigurationIsReportedAndLivedWith() async throws {
        try await withServerAndClient([("user", "default on nopass ~* &* +@all -config")]) { _, redis async throws in
            try await redis.withPatternSubscription("*") { subscription async throws in
                guard case .unavailable(let reason) = await redis.keyspaceEventsStatus else {
                    Issue.record("\(await redis.keyspaceEventsStatus)")
                    return
                }
                #expect(reason.contains("NOPERM"))
                try await redis.send(RedisCommand("PUBLISH", "a", "1"))
                #expect(try await subscription.next().messages.count == 1)
            }
        }
    }

    @Test func renamedConfigurationIsReported() async throws {
        try await withServerAndClient([("rename-command", "CONFIG hidden")]) { _, redis async throws in
            guard case .unavailable = try await redis.ensureKeyspaceEvents([.keyspace, .string]) else {
                Issue.record("CONFIG is hidden and was found")
                return
            }
        }
    }

    @Test func forbiddenChannelIsRejectedAndSparesTheOthers() async throws {
        try await withServerAndClient([("user", "default on nopass ~* resetchannels &open:* +@all")]) { _, redis async throws in
            try await redis.withSubscription(toChannels: ["open:a"]) { subscription async throws in
                let error = await #expect(throws: RedisError.self) {
                    try await redis.withSubscription(toChannels: ["secret"]) { _ async throws in }
                }
                #expect(error?.code == .notPermitted)
                #expect(error?.serverError?.prefix == "NOPERM")
                try await redis.send(RedisCommand("PUBLISH", "open:a", "1"))
                #expect(
                    try await subscription.next()
                        == RedisSubscriptionEvents(messages: [RedisMessage(channel: "open:a", payload: Array("1".utf8))]))
            }
        }
    }

    // MARK: Handlers

    @Test func handlerIsToldOnTheLoopFromTheConfirmationOn() async throws {
        try await withServerAndClient { server, redis async throws in
            let (stream, continuation) = AsyncStream<RedisSubscriptionEvents>.makeStream(bufferingPolicy: .bufferingOldest(100))
            let token = await redis.subscribeAsserting(to: "a", continuation)
            var events = stream.makeAsyncIterator()
            #expect(await events.next() == RedisSubscriptionEvents(mayHaveMissed: true))
            try await redis.send(RedisCommand("PUBLISH", "a", "1"))
            #expect(await events.next()?.messages.count == 1)
            try await redis.send(RedisCommand("CLIENT", "KILL", "TYPE", "pubsub"))
            #expect(await events.next() == RedisSubscriptionEvents(mayHaveMissed: true))
            await redis.unsubscribe(token)
            while try await redis.send(RedisCommand("PUBSUB", "NUMSUB", "a")).elements?.last != .integer(0) {}
        }
    }

    @Test func handlerIsToldOfARefusal() async throws {
        try await withServerAndClient([("user", "default on nopass ~* resetchannels +@all")]) { _, redis async throws in
            let promise = TestPromise<RedisError.Code>()
            _ = await redis.subscribe(toChannels: ["secret"]) { result in
                switch result {
                case .success(let events): Issue.record("\(events)")
                case .failure(let error): promise.finish(.success(error.code))
                }
            }
            #expect(try await promise.value == .notPermitted)
        }
    }
}

extension RedisClient {
    fileprivate func subscribeAsserting(
        to channel: String, _ continuation: AsyncStream<RedisSubscriptionEvents>.Continuation
    ) -> RedisSubscriptionToken {
        subscribe(toChannels: [channel]) { result in
            self.assertIsolated()
            if case .success(let events) = result { continuation.yield(events) }
        }
    }
}
