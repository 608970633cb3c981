import MLServing
import MLServingTesting
import Testing

@Suite("RabbitMQ and Redis transport (live)", .enabled(if: LiveServers.areThere), .timeLimit(.minutes(5)))
struct ServerTransportTests {
    @Test(arguments: TransportConformance.checks, QueueDefinition.Kind.allCases)
    func conforms(to check: TransportConformance.Check, kind: QueueDefinition.Kind) async throws {
        try await check.run(kind: kind) {
            ServerTransport(settings: LiveServers.settings, name: "test", logger: LiveServers.quietLogger)
        }
    }
}

/// The same over TLS, as far as it is about requests and their results.
@Suite("RabbitMQ and Redis transport over TLS (live)", .enabled(if: LiveServers.areEncrypted), .timeLimit(.minutes(5)))
struct EncryptedServerTransportTests {
    @Test(arguments: TransportConformance.checks.filter { $0.description.hasPrefix("answers") })
    func conforms(to check: TransportConformance.Check) async throws {
        let settings = try LiveServers.encryptedSettings
        try await check.run(kind: .classic) {
            ServerTransport(settings: settings, name: "test", logger: LiveServers.quietLogger)
        }
    }
}
