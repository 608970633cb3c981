public import Logging
public import MLServingCore

extension ConsumerRunner {
    /// Makes a runner that consumes from RabbitMQ and stores in Redis, as the environment and `*.env` files say.
    ///
    /// What is wrong with them is thrown by `run()`, as ``ConfigurationError``. The keys are those of ``ServingSettings``.
    public init(_ predictor: some Predictor, logger: Logger = Logger(label: "mlserving.consumer")) {
        self.init(predictor, logger: logger) { () async throws in
            let settings = try await ServingSettings.load(logger: logger)
            return (settings.consumer, ServerTransport(settings: settings, name: settings.consumer.queue.name, logger: logger))
        }
    }

    /// Makes a runner that consumes from RabbitMQ and stores in Redis, as the settings say.
    public init(_ predictor: some Predictor, settings: ServingSettings, logger: Logger = Logger(label: "mlserving.consumer")) {
        let transport = ServerTransport(settings: settings, name: settings.consumer.queue.name, logger: logger)
        self.init(predictor, transport: transport, configuration: settings.consumer, logger: logger)
    }
}
