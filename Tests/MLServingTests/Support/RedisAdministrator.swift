import EventLoop
import Logging
import Redis

/// Talks to the test command's Redis as somebody who may do everything.
enum RedisAdministrator {
    /// Runs a client while `body` runs.
    static func run<Value: Sendable>(_ body: @escaping @Sendable (RedisClient) async throws -> Value) async throws -> Value {
        try await run(user: nil, password: nil, body)
    }

    /// Runs a client of another user while `body` runs.
    static func run<Value: Sendable>(
        user: String?, password: String?, _ body: @escaping @Sendable (RedisClient) async throws -> Value
    ) async throws -> Value {
        var configuration = RedisConfiguration(nodes: LiveServers.redis.flatMap { RedisNode($0) }.map { [$0] } ?? [])
        configuration.user = user
        configuration.password = password.map { RedisSecret($0) }
        configuration.commandTimeout = .seconds(30)
        let logger = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }
        let client = RedisClient(configuration: configuration, loop: EventLoop(name: "test"), logger: logger)
        return try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { try await client.run() }
            defer { group.cancelAll() }
            return try await body(client)
        }
    }

    /// Runs a command of words.
    @discardableResult
    static func send(_ words: [String]) async throws -> RedisReply {
        try await run { client in
            try await client.send(RedisCommand(words[0], words.dropFirst().map { RedisArgument.string($0) }))
        }
    }
}
