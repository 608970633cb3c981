internal import EventLoop
public import Logging
public import MLServingCore
public import PrometheusMetrics
public import ServiceLifecycle

/// Answers over HTTP how a consumer is doing, and what its metrics are.
///
/// | request | answer |
/// |---|---|
/// | `GET /live` | 200 while the consumer is registered with the broker and makes progress, else 503: restart the process |
/// | `GET /ready` | 200 while it is live, takes requests, has both connections and can store results, else 503 |
/// | `GET /metrics` | the metrics in Prometheus's text format; 404 without a registry |
///
/// The first two are JSON that says why. Answers come from a thread of their own, whatever the consumer is doing.
///
/// ```swift
/// let metrics = PrometheusRegistry.forServing()
/// metrics.bootstrap()
/// try await ConsumerRunner(Shout()).run(answeringAt: HealthConfiguration(port: 8_080), metrics: metrics)
/// ```
public struct HealthServer: Service {
    private let subject: HealthResponder.Subject
    private let metrics: PrometheusRegistry?
    private let configuration: HealthConfiguration
    private let logger: Logger
    private let onListening: @Sendable (Int) -> Void

    /// Makes a server; it listens from ``run()`` on.
    ///
    /// - Parameters:
    ///   - health: The health of the consumer.
    ///   - metrics: What `/metrics` shows.
    ///   - configuration: Where to listen, and what to take for dead.
    ///   - logger: Told of the port.
    ///   - onListening: Called with the port when the server listens.
    public init(
        health: ConsumerHealth,
        metrics: PrometheusRegistry? = nil,
        configuration: HealthConfiguration,
        logger: Logger = Logger(label: "mlserving.health"),
        onListening: @escaping @Sendable (Int) -> Void = { _ in }
    ) {
        self.init(.consumer(health, configuration.limits), metrics, configuration, logger, onListening)
    }

    /// Makes a server for all models of a host.
    ///
    /// The host is live while each of its models is that has not ended, and ready while all of them are. The answers tell how each is.
    ///
    /// - Parameters:
    ///   - host: Whose models they are.
    ///   - metrics: What `/metrics` shows.
    ///   - configuration: Where to listen, and what to take for dead.
    ///   - logger: Told of the port.
    ///   - onListening: Called with the port when the server listens.
    public init(
        host: ModelHost,
        metrics: PrometheusRegistry? = nil,
        configuration: HealthConfiguration,
        logger: Logger = Logger(label: "mlserving.health"),
        onListening: @escaping @Sendable (Int) -> Void = { _ in }
    ) {
        self.init(.host(host, configuration.limits), metrics, configuration, logger, onListening)
    }

    /// Makes a server for a service that is no consumer.
    ///
    /// - Parameters:
    ///   - configuration: Where to listen.
    ///   - metrics: What `/metrics` shows.
    ///   - logger: Told of the port.
    ///   - onListening: Called with the port when the server listens.
    ///   - report: Tells how the service is doing. It is called on the server's thread, and must not block.
    public init(
        configuration: HealthConfiguration,
        metrics: PrometheusRegistry? = nil,
        logger: Logger = Logger(label: "mlserving.health"),
        onListening: @escaping @Sendable (Int) -> Void = { _ in },
        report: @escaping @Sendable () -> ServiceHealth
    ) {
        self.init(.service(report), metrics, configuration, logger, onListening)
    }

    private init(
        _ subject: HealthResponder.Subject, _ metrics: PrometheusRegistry?, _ configuration: HealthConfiguration, _ logger: Logger,
        _ onListening: @escaping @Sendable (Int) -> Void
    ) {
        self.subject = subject
        self.metrics = metrics
        self.configuration = configuration
        self.logger = logger
        self.onListening = onListening
    }

    /// Answers until cancelled, or until the service group shuts down; as the first service of a group it outlasts the others.
    ///
    /// - Throws: ``HealthServerError`` when it cannot listen.
    public func run() async throws {
        let server = try listen()
        await cancelWhenGracefulShutdown { await server.run() }
    }

    /// Answers as long as a service lasts, shutdown included.
    ///
    /// - Parameter name: What the service is called in errors.
    func run(beside name: String, _ service: @escaping @Sendable () async throws -> Void) async throws {
        // Before anything is consumed: a port that is taken must not end a consumer in the midst of its work.
        let server = try listen()
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask {
                await server.run()
                // Only a cancellation ends it in good order.
                try Task.checkCancellation()
                throw HealthServerError("the health endpoint has ended; the \(name) does not go on without it")
            }
            group.addTask { try await service() }
            defer { group.cancelAll() }
            try await group.next()
        }
    }

    /// Listens, without answering yet.
    func listen() throws(HealthServerError) -> HTTPServer {
        let responder = HealthResponder(subject: subject, metrics: metrics)
        let loop = EventLoop(name: "mlserving-health")
        let server = try HTTPServer(host: configuration.host, port: configuration.port, loop: loop) { responder.response(to: $0) }
        logger.info("health endpoint ready", metadata: ["host": "\(configuration.host)", "port": "\(server.port)"])
        onListening(server.port)
        return server
    }
}
