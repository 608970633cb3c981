public import Logging
public import MLServingCore

extension ProducerClient {
    /// Makes a client that asks through RabbitMQ and Redis, as the environment and `*.env` files say.
    ///
    /// What is wrong with them is thrown by the first call, as ``ConfigurationError``. The keys are those of ``ServingSettings``.
    public convenience init(logger: Logger = Logger(label: "mlserving.producer")) {
        self.init(ModelClient(logger: logger))
    }

    /// Makes a client that asks through RabbitMQ and Redis, as the settings say.
    public convenience init(settings: ServingSettings, logger: Logger = Logger(label: "mlserving.producer")) {
        self.init(ModelClient(settings: settings, logger: logger))
    }
}
