import EventLoop
import Foundation
import Logging
import MLServing
import Redis
import Testing

/// The clusters that the test command starts, in the directory that `MLSERVING_TEST_CLUSTERS` names.
enum TestClusters {
    static let directory = ProcessInfo.processInfo.environment["MLSERVING_TEST_CLUSTERS"].map { URL(filePath: $0) }
    static var areThere: Bool { directory != nil }

    static var rabbit: [TestNode] { nodes("rabbitmq", "node", 3) }
    static var sentinels: [TestNode] { nodes("sentinel", "sentinel", 3) }
    static var sentinelServers: [TestNode] { nodes("sentinel", "server", 3) }
    static var redis: TestNode { nodes("redis", "server", 1)[0] }
    static var redisCluster: [TestNode] { nodes("redis-cluster", "node", 6) }

    private static func nodes(_ cluster: String, _ kind: String, _ count: Int) -> [TestNode] {
        (1...count).compactMap { number in directory.map { TestNode($0.appending(path: "\(cluster)/\(kind)-\(number)")) } }
    }

    // MARK: Settings

    /// RabbitMQ's cluster, and Redis with sentinels.
    static var sentinelSettings: ServingSettings {
        var settings = rabbitSettings
        settings.redisSentinels = SentinelSettings(nodes: addresses(of: sentinels), masterName: "mlserving")
        return settings
    }

    /// RabbitMQ's cluster, and a Redis Cluster.
    static var clusterSettings: ServingSettings {
        var settings = rabbitSettings
        settings.redisIsCluster = true
        settings.redisNodes = addresses(of: redisCluster)
        return settings
    }

    private static var rabbitSettings: ServingSettings {
        var settings = ServingSettings()
        settings.rabbitNodes = addresses(of: rabbit)
        settings.rabbitHeartbeat = .seconds(2)
        return settings
    }

    private static func addresses(of nodes: [TestNode]) -> [ServerNode] {
        nodes.map { ServerNode(host: "127.0.0.1", port: $0.port) }
    }

    static var quietLogger: Logger {
        var logger = Logger(label: "test")
        logger.logLevel = ProcessInfo.processInfo.environment["MLSERVING_TEST_LOG"].flatMap { Logger.Level(rawValue: $0) } ?? .critical
        return logger
    }

    // MARK: Asking RabbitMQ

    /// Waits until every node knows all others to be running: what is declared before, on a node that was away, is not whole for ever.
    static func untilRabbitIsWhole() async throws {
        for number in 1...rabbit.count {
            while try await evaluate("length(mnesia:system_info(running_db_nodes))", on: number) != "{ok, \(rabbit.count)}" {
                // Each question starts a program, which the nodes' own start should not have to share the machine with all the time.
                try await Task.sleep(for: .milliseconds(200))
            }
        }
    }

    /// Has every node of RabbitMQ evaluate an expression, in Erlang's notation, that has to return `ok`.
    static func haveRabbitDo(_ expression: String) async throws {
        for number in 1...rabbit.count {
            let answer = try await evaluate(expression, on: number)
            try #require(answer == "{ok, ok}", "node \(number): \(expression): \(answer)")
        }
    }

    private static func evaluate(_ expression: String, on number: Int) async throws -> String {
        try await answer(of: try #require(directory).appending(path: "rabbitmq/evaluate"), [String(number), expression])
    }

    private static func answer(of script: URL, _ arguments: [String]) async throws -> String {
        let process = Process()
        process.executableURL = script
        process.arguments = arguments
        let output = Pipe()
        process.standardOutput = output
        process.standardError = FileHandle.nullDevice
        return try await withCheckedThrowingContinuation { continuation in
            process.terminationHandler = { _ in
                // A few bytes, which the pipe has kept.
                let text = String(decoding: output.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
                continuation.resume(returning: text.trimmingCharacters(in: .whitespacesAndNewlines))
            }
            do {
                try process.run()
            } catch {
                continuation.resume(throwing: error)
            }
        }
    }

    // MARK: Asking Redis

    /// Sends a command to one node, whatever it is part of.
    static func ask(_ node: TestNode, _ name: String, _ arguments: String...) async throws -> RedisReply {
        let configuration = RedisConfiguration(nodes: [RedisNode(host: "127.0.0.1", port: node.port)])
        let client = RedisClient(configuration: configuration, loop: EventLoop(name: "redis-test"), logger: quietLogger)
        return try await withThrowingTaskGroup(of: RedisReply?.self) { group in
            group.addTask {
                try await client.run()
                return nil
            }
            group.addTask { try await client.send(RedisCommand(name, arguments.map { .string($0) })) }
            defer { group.cancelAll() }
            while let reply = try await group.next() {
                if let reply { return reply }
            }
            throw CancellationError()
        }
    }
}
