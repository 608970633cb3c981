import EventLoop
import Foundation
import Logging
import Testing

@testable import RabbitMQ

/// The broker that the live suites use: `MLSERVING_TEST_RABBIT` is its `host:port`, with user and password `guest`.
enum TestBroker {
    static let node: RabbitMQNode? = getenv("MLSERVING_TEST_RABBIT").flatMap { RabbitMQNode(parsing: String(cString: $0)) }

    static var isAvailable: Bool { node != nil }

    static var configuration: RabbitMQConfiguration {
        RabbitMQConfiguration(
            nodes: [node].compactMap(\.self), connectTimeout: .seconds(10),
            backoff: ReconnectBackoff(initialCeiling: .milliseconds(20), maximumCeiling: .milliseconds(200)))
    }

    /// The script that has the broker evaluate something.
    static let call = getenv("MLSERVING_TEST_RABBIT_CALL").map { String(cString: $0) }

    /// Has the broker evaluate an expression, in Erlang's notation, that has to return `ok`.
    static func evaluate(_ expression: String) async throws {
        let process = Process()
        process.executableURL = URL(filePath: try #require(call))
        process.arguments = [expression]
        let output = Pipe()
        process.standardOutput = output
        let answer = try await withCheckedThrowingContinuation { (continuation: CheckedContinuation<String, any Error>) in
            process.terminationHandler = { _ in
                // A few bytes, which the pipe has kept.
                continuation.resume(returning: String(decoding: output.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self))
            }
            do { try process.run() } catch { continuation.resume(throwing: error) }
        }
        try #require(answer.hasPrefix("{ok, ok}"), "\(expression): \(answer)")
    }

    /// A name that no other test uses.
    static func makeName(_ what: String = #function) -> String {
        "mlserving-test-\(what.prefix { $0 != "(" })-\(UInt32.random(in: .min ... .max))"
    }

    /// Runs a client for the time of `body`, then stops it in good order.
    static func withConnection<Value: Sendable>(
        _ configuration: RabbitMQConfiguration = configuration, loop: EventLoop = EventLoop(name: "test"),
        _ body: @Sendable (RabbitMQConnection) async throws -> Value
    ) async throws -> Value {
        let connection = RabbitMQConnection(configuration: configuration, loop: loop, logger: logger)
        return try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { try await connection.run() }
            do {
                let value = try await body(connection)
                group.cancelAll()
                try await group.waitForAll()
                return value
            } catch {
                group.cancelAll()
                throw error
            }
        }
    }

    /// Runs a client and gives it a queue, which goes afterwards.
    static func withQueue<Value: Sendable>(
        _ queue: QueueDeclaration = QueueDeclaration(name: makeName()), _ configuration: RabbitMQConfiguration = configuration,
        _ body: @Sendable (RabbitMQConnection, String) async throws -> Value
    ) async throws -> Value {
        try await withConnection(configuration) { connection in
            try await connection.declareQueue(queue)
            do {
                let value = try await body(connection, queue.name)
                try await connection.deleteQueue(named: queue.name)
                return value
            } catch {
                _ = try? await connection.deleteQueue(named: queue.name)
                throw error
            }
        }
    }

    static let logger: Logger = {
        var logger = Logger(label: "test", factory: { _ in SwiftLogNoOpLogHandler() })
        if getenv("MLSERVING_TEST_LOG") != nil { logger = Logger(label: "test") }
        return logger
    }()
}

extension RabbitMQNode {
    init?(parsing text: String) {
        let parts = text.split(separator: ":")
        guard parts.count == 2, let port = UInt16(parts[1]) else { return nil }
        self.init(host: String(parts[0]), port: port)
    }
}

extension RabbitMQConsumer {
    /// Takes deliveries until there are as many as asked for.
    func take(_ count: Int) async throws -> [Delivery] {
        var all: [Delivery] = []
        while all.count < count {
            let deliveries = try await next()
            if deliveries.isEmpty { return all }
            all += deliveries
        }
        return all
    }
}
