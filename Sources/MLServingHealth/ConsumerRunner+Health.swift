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
        // Before anything is consumed: a port that is taken must not end a consumer in the midst of its work.
        let server = try HealthServer(
            health: health, metrics: metrics, configuration: configuration, logger: logger, onListening: onListening
        ).listen()
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask {
                await server.run()
                // Only a cancellation ends it in good order.
                try Task.checkCancellation()
                throw HealthServerError("the health endpoint has ended; the consumer does not go on without it")
            }
            group.addTask { try await self.run() }
            defer { group.cancelAll() }
            try await group.next()
        }
    }
}
