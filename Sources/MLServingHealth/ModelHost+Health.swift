public import Logging
public import MLServingCore
public import PrometheusMetrics

extension ModelHost {
    /// Serves as ``MLServingCore/ModelHost/runService()`` does, and answers for all models over HTTP as long as it lasts, shutdown included.
    ///
    /// - Parameters:
    ///   - configuration: Where to answer; `nil`: nowhere.
    ///   - metrics: What `/metrics` shows.
    ///   - logger: Told of the port.
    ///   - onListening: Called with the port when the endpoint listens.
    /// - Throws: ``HealthServerError`` when the endpoint cannot be offered, or what `runService()` throws.
    public func runService(
        answeringAt configuration: HealthConfiguration?,
        metrics: PrometheusRegistry? = nil,
        logger: Logger = Logger(label: "mlserving.health"),
        onListening: @escaping @Sendable (Int) -> Void = { _ in }
    ) async throws {
        guard let configuration else { return try await runService() }
        let server = HealthServer(host: self, metrics: metrics, configuration: configuration, logger: logger, onListening: onListening)
        try await server.run(beside: "host") { try await self.runService() }
    }
}
