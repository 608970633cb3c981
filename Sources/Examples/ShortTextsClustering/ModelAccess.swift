internal import FastTextEmbedding
internal import Logging
internal import MLServing
internal import ServiceLifecycle

/// How the service reaches the model: a client, and what has to run for it.
struct ModelAccess {
    /// Asks for the vectors of texts.
    let client: ProducerClient<String, [Float]>
    /// What has to run, in the order of starting.
    let services: [any Service]
    /// What has to have happened before requests are taken.
    let prepare: @Sendable () async throws -> Void

    /// The model is behind RabbitMQ and Redis, in a consumer of its own.
    static func remote(settings: ServingSettings, logger: Logger) -> ModelAccess {
        let client = ProducerClient<String, [Float]>(settings: settings, logger: logger)
        return ModelAccess(client: client, services: [client]) {}
    }

    /// The model is in this process.
    static func embedded(_ predictor: FastTextEmbeddingPredictor, settings: ServingSettings, logger: Logger) -> ModelAccess {
        let server = InMemoryServer()
        var configuration = settings.consumer
        // The service group sees to signals.
        configuration.gracefulShutdownSignals = []
        let runner = ConsumerRunner(predictor, transport: server.transport(), configuration: configuration, logger: logger)
        let transport = server.transport()
        let client = ProducerClient<String, [Float]>(transport: transport, configuration: settings.producer, logger: logger)
        return ModelAccess(client: client, services: [runner, client]) { [queue = configuration.queue] in
            // From now on requests wait for the consumer, should it not be there yet.
            try await transport.broker.declare(queue)
        }
    }
}
