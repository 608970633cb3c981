internal import MLServing
internal import MLServingCore
public import MLServingHealth
public import ServiceLifecycle
internal import Synchronization

/// Whether the service takes requests, for a health endpoint that has a port and a thread of its own.
public final class ClusteringServiceHealth: Sendable {
    private enum Phase {
        case starting
        case running
        case draining
    }

    private let phase = Mutex(Phase.starting)

    /// Makes the health of a service that has not begun to listen.
    public init() {}

    /// Notes that the service listens.
    public func serverIsRunning() {
        phase.withLock { if $0 == .starting { $0 = .running } }
    }

    /// Runs the HTTP server, and notes when it drains.
    ///
    /// - Throws: What the server throws.
    public func watch(_ server: some Service) async throws {
        try await withGracefulShutdownHandler {
            try await server.run()
        } onGracefulShutdown: {
            self.phase.withLock { $0 = .draining }
        }
    }

    /// How the service is doing.
    public var report: ServiceHealth {
        switch phase.withLock({ $0 }) {
        case .starting: ServiceHealth(readinessProblems: [HealthProblem(code: .notStarted, message: "the service does not listen yet")])
        case .running: ServiceHealth()
        case .draining:
            ServiceHealth(readinessProblems: [
                HealthProblem(code: .draining, message: "the service takes no new requests, and finishes what it has begun")
            ])
        }
    }
}
