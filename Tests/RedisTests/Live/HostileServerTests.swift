import Testing

@testable import Redis

@Suite("RedisClient with a hostile server", .serialized, .timeLimit(.minutes(5)))
struct HostileServerTests {
    private func configuration(_ server: FakeServer) -> RedisConfiguration {
        var configuration = RedisConfiguration(nodes: [server.node])
        configuration.commandTimeout = .milliseconds(500)
        configuration.reconnectDelay = .milliseconds(10)
        configuration.maximumReconnectDelay = .milliseconds(20)
        configuration.maximumReplyBytes = 1_000_000
        return configuration
    }

    /// What a command fails with whose reply is `answer`, on a client that recovers afterwards.
    private func failure(of answer: FakeServer.Answer) async throws -> RedisError? {
        let behaviour = FakeServer.afterGreeting { $0.commands.joined().contains("first") ? answer : .bytes("$2\r\nok\r\n") }
        return try await FakeServer.run(behaviour) { server in
            try await LiveRedis.withClient(configuration(server)) { redis async throws in
                try await redis.waitUntilConnected()
                let error = await #expect(throws: RedisError.self) { try await redis.get("first") }
                #expect(try await redis.send(.get("second"), timeout: .seconds(20)).string == "ok")
                return error
            }
        }
    }

    @Test func giantBulkHeaderIsTooLarge() async throws {
        let error = try await failure(of: .bytes("$1000000000000\r\n"))
        #expect(error?.code == .replyTooLarge)
        #expect(error?.message.contains("1000000 bytes") == true)
    }

    @Test func giantArrayHeaderIsTooLarge() async throws {
        #expect(try await failure(of: .bytes("*2147483647\r\n"))?.code == .replyTooLarge)
    }

    enum Garbage: String, CaseIterable {
        case otherProtocol = "HTTP/1.1 400 Bad Request\r\n\r\n"
        case laterProtocol = "%1\r\n+a\r\n+b\r\n"
        case deepNesting
        case endlessLine

        var text: String {
            switch self {
            case .deepNesting: String(repeating: "*1\r\n", count: 10_000)
            case .endlessLine: "+" + String(repeating: "x", count: 200_000)
            default: rawValue
            }
        }
    }

    @Test(arguments: Garbage.allCases)
    func garbageIsAViolation(_ garbage: Garbage) async throws {
        let error = try await failure(of: .bytes(garbage.text))
        #expect(error?.code == .protocolViolation)
        #expect(error?.isOutcomeUnknown == true)
        #expect(error?.node != nil)
    }

    @Test func silenceEndsWithTheTimeout() async throws {
        #expect(try await failure(of: .nothing)?.code == .replyTimedOut)
    }

    @Test func halfAReplyEndsWithTheTimeout() async throws {
        #expect(try await failure(of: .bytes("$10\r\nabc"))?.code == .replyTimedOut)
    }

    @Test func closedConnectionIsLost() async throws {
        let error = try await failure(of: .close)
        #expect(error?.code == .connectionLost)
        #expect(error?.isOutcomeUnknown == true)
    }

    @Test func otherKindOfReplyIsUnexpected() async throws {
        #expect(try await failure(of: .bytes(":1\r\n"))?.code == .unexpectedReply)
    }

    @Test func replyTooManyEndsTheConnection() async throws {
        let behaviour = FakeServer.afterGreeting { request in
            .bytes(request.commands.joined().contains("first") ? "$1\r\na\r\n$1\r\nb\r\n" : "$1\r\nc\r\n")
        }
        try await FakeServer.run(behaviour) { server in
            try await LiveRedis.withClient(configuration(server)) { redis async throws in
                try await redis.waitUntilConnected()
                #expect(try await redis.get("first") == Array("a".utf8))
                // The reply left over must not be taken for that of the next command.
                #expect(try await redis.send(.get("second"), timeout: .seconds(20)).string == "c")
            }
        }
    }

    @Test func onlyTheCommandThatBrokeTheConnectionIsToldWhy() async throws {
        let behaviour = FakeServer.afterGreeting { _ in .bytes("$1000000000000\r\n") }
        try await FakeServer.run(behaviour) { server in
            try await LiveRedis.withClient(configuration(server)) { redis async throws in
                try await redis.waitUntilConnected()
                let codes = await redis.codesOfTwoGets()
                #expect(codes == [.replyTooLarge, .connectionLost])
            }
        }
    }

    enum Greeting: String, CaseIterable {
        case otherProtocol = "HTTP/1.1 400 Bad Request\r\n\r\n"
        case giant = "$1000000000000\r\n"
        case otherReply = ":1\r\n"
        case tooMany = "+PONG\r\n+PONG\r\n+PONG\r\n"
    }

    @Test(arguments: Greeting.allCases)
    func strangerIsNeverConnectedTo(_ greeting: Greeting) async throws {
        try await FakeServer.run({ _ in .bytes(greeting.rawValue) }) { server in
            let recorder = WarningRecorder()
            try await LiveRedis.withClient(configuration(server), logger: recorder.logger) { redis async throws in
                try await recorder.waitForWarning()
                let error = await #expect(throws: RedisError.self) { try await redis.get("key") }
                #expect(error?.code == .timedOut)
                #expect(error?.isOutcomeUnknown == false)
                #expect(error?.underlying is RedisError)
            }
        }
    }

    @Test func serverThatNeverGreetsTimesOut() async throws {
        try await FakeServer.run({ _ in .nothing }) { server in
            var configuration = configuration(server)
            configuration.connectTimeout = .milliseconds(50)
            let recorder = WarningRecorder()
            try await LiveRedis.withClient(configuration, logger: recorder.logger) { redis async throws in
                try await recorder.waitForWarning()
                let error = await #expect(throws: RedisError.self) { try await redis.get("key") }
                #expect(error?.code == .timedOut)
                #expect((error?.underlying as? RedisError)?.code == .cannotConnect)
            }
        }
    }

    @Test func silentSubscriptionConnectionIsReplaced() async throws {
        let behaviour = FakeServer.afterGreeting { request in
            // Confirms subscriptions, and does not answer PING.
            request.commands.first?.first == "PSUBSCRIBE" ? .bytes("*3\r\n$10\r\npsubscribe\r\n$1\r\n?\r\n:1\r\n") : .nothing
        }
        try await FakeServer.run(behaviour) { server in
            var configuration = configuration(server)
            configuration.subscriptionPingInterval = .milliseconds(50)
            configuration.commandTimeout = .milliseconds(200)
            try await LiveRedis.withClient(configuration) { redis async throws in
                let (stream, continuation) = AsyncStream<RedisSubscriptionEvents>.makeStream(bufferingPolicy: .bufferingOldest(10))
                _ = await redis.subscribe(toPattern: "?") { result in
                    if case .success(let events) = result { continuation.yield(events) }
                }
                var events = stream.makeAsyncIterator()
                for _ in 0..<3 { #expect(await events.next() == RedisSubscriptionEvents(mayHaveMissed: true)) }
            }
        }
    }
}

extension RedisClient {
    /// Sends two commands in one turn; how each fails.
    fileprivate func codesOfTwoGets() async -> [RedisError.Code?] {
        // Touched on the loop's thread only.
        final class Codes: @unchecked Sendable { var all: [RedisError.Code?] = [] }
        let codes = Codes()
        return await withCheckedContinuation { continuation in
            for key in ["first", "second"] {
                send(.get(key)) { result in
                    if case .failure(let error) = result { codes.all.append(error.code) } else { codes.all.append(nil) }
                    if codes.all.count == 2 { continuation.resume(returning: codes.all) }
                }
            }
        }
    }
}
