public import Logging
public import MLServingCore
public import PrometheusMetrics

extension ConsumerRunner {
    /// Consumes as ``MLServingCore/ConsumerRunner/run()`` does, and answers for it over HTTP as long as it lasts, shutdown included.
    ///
    /// - Parameters:
    ///   - configuration: Where to answer; `nil`: nowhere.
    ///   - metrics: What `/metrics` shows.
    ///   - logger: Told of the port.
    ///   - onListening: Called with the port when the endpoint listens.
    /// - Throws: ``HealthServerError`` when the endpoint cannot be offered, or what `run()` throws.
    public func run(
        answeringAt configuration: HealthConfiguration?,
        metrics: PrometheusRegistry? = nil,
        logger: Logger = Logger(label: "mlserving.health"),
        onListening: @escaping @Sendable (Int) -> Void = { _ in }
    ) async throws {
        guard let configuration else { return try await run() }
        let server = HealthServer(health: health, metrics: metrics, configuration: configuration, logger: logger, onListening: onListening)
        try await server.run(beside: "consumer") { try await self.run() }
    }
}
