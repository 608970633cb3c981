import EventLoop
import Foundation
import Logging
import Redis

/// The server that live suites share, named by the environment variable `MLSERVING_TEST_REDIS` as `host:port`.
enum LiveRedis {
    static let node = ProcessInfo.processInfo.environment["MLSERVING_TEST_REDIS"].flatMap { RedisNode($0) }

    /// Where the shared server speaks TLS, by the name that its certificate is for.
    static let encryptedNode = ProcessInfo.processInfo.environment["MLSERVING_TEST_REDIS_TLS"].flatMap { RedisNode($0) }

    /// A configuration for the shared server, with more patience than a service would have.
    static var configuration: RedisConfiguration {
        var configuration = RedisConfiguration(nodes: node.map { [$0] } ?? [])
        // Tests that run all at once on a busy machine make each other wait.
        configuration.commandTimeout = .seconds(30)
        configuration.connectTimeout = .seconds(30)
        return configuration
    }

    /// Runs a client while `body` runs.
    @discardableResult
    static func withClient<Value: Sendable>(
        _ configuration: RedisConfiguration = LiveRedis.configuration,
        logger: Logger = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() },
        _ body: @escaping @Sendable (RedisClient) async throws -> Value
    ) async throws -> Value {
        let client = RedisClient(configuration: configuration, loop: EventLoop(name: "redis-test"), logger: logger)
        return try await withThrowingTaskGroup(of: Value?.self) { group in
            group.addTask {
                try await client.run()
                return nil
            }
            group.addTask { try await body(client) }
            defer { group.cancelAll() }
            while let value = try await group.next() {
                if let value { return value }
            }
            throw CancellationError()
        }
    }

    /// A key that no other test uses, removed at the end.
    static func withKeys<Value>(
        _ count: Int = 1, of client: RedisClient, _ body: ([String]) async throws -> Value
    ) async throws -> Value {
        let keys = (0..<count).map { "mlserving-test:\(UUID().uuidString):\($0)" }
        let result: Result<Value, any Error>
        do { result = .success(try await body(keys)) } catch { result = .failure(error) }
        _ = try? await client.unlink(keys)
        return try result.get()
    }
}
