public import Logging
public import MLServingCore

extension ModelHost {
    /// Makes a host that consumes from RabbitMQ and stores in Redis, as the environment and `*.env` files say.
    ///
    /// What is wrong with them is thrown by `run()`, as ``ConfigurationError``. The keys are those of ``ServingSettings``; each model's queue is like
    /// the one that they describe, but for its name.
    public convenience init(logger: Logger = Logger(label: "mlserving.host")) {
        self.init(logger: logger) { () async throws in
            let settings = try await ServingSettings.load(logger: logger)
            return (settings.consumer, ServerTransport(settings: settings, name: "host", logger: logger))
        }
    }

    /// Makes a host that consumes from RabbitMQ and stores in Redis, as the settings say.
    public convenience init(settings: ServingSettings, logger: Logger = Logger(label: "mlserving.host")) {
        let transport = ServerTransport(settings: settings, name: "host", logger: logger)
        self.init(transport: transport, configuration: settings.consumer, logger: logger)
    }
}
