import Foundation
import Logging
import MLServing
import MLServingTesting
import Testing

/// The servers that the test command starts.
enum LiveServers {
    static let rabbit = ProcessInfo.processInfo.environment["MLSERVING_TEST_RABBIT"]
    static let redis = ProcessInfo.processInfo.environment["MLSERVING_TEST_REDIS"]
    static var areThere: Bool { rabbit != nil && redis != nil }

    static var settings: ServingSettings {
        var settings = ServingSettings()
        settings.rabbitNodes = rabbit.flatMap { ServerNode($0) }.map { [$0] } ?? []
        settings.redisNodes = redis.flatMap { ServerNode($0) }.map { [$0] } ?? []
        return settings
    }

    static var quietLogger: Logger {
        var logger = Logger(label: "test")
        logger.logLevel = .error
        return logger
    }
}

@Suite("RabbitMQ and Redis transport (live)", .enabled(if: LiveServers.areThere), .timeLimit(.minutes(3)))
struct ServerTransportTests {
    @Test(arguments: TransportConformance.checks, QueueDefinition.Kind.allCases)
    func conforms(to check: TransportConformance.Check, kind: QueueDefinition.Kind) async throws {
        try await check.run(kind: kind) {
            ServerTransport(settings: LiveServers.settings, name: "test", logger: LiveServers.quietLogger)
        }
    }
}
