public import Logging
public import ServiceLifecycle

/// Runs a predictor behind a queue: takes requests, predicts them in batches, and stores the results. It is a ``ModelHost`` of one model.
///
/// A delivery is settled only when its result has been stored (G2), so killing the process loses nothing: the next consumer of the queue
/// answers what was left. ``run()`` returns after SIGTERM or SIGINT, when what was running has been answered (G8), and at once after a second
/// signal: what is not answered by then goes back to the queue.
public struct ConsumerRunner: Service {
    private let host: ModelHost
    private let model: HostedModel

    /// How the consumer is doing: before, while and after it runs.
    public var health: ConsumerHealth { model.health }

    /// Makes a runner; nothing starts before ``run()``.
    ///
    /// - Parameters:
    ///   - predictor: What predicts.
    ///   - transport: What the consumer talks through. A transport serves one consumer.
    ///   - configuration: How to consume.
    ///   - logger: Where to log.
    public init(
        _ predictor: some Predictor,
        transport: any Transport,
        configuration: ConsumerConfiguration = ConsumerConfiguration(),
        logger: Logger = Logger(label: "mlserving.consumer")
    ) {
        self.init(predictor, logger: logger) { (configuration, transport) }
    }

    /// Makes a runner whose configuration and transport are made when it runs, so that what is wrong with them is thrown by ``run()``.
    public init(
        _ predictor: some Predictor,
        logger: Logger = Logger(label: "mlserving.consumer"),
        configuration: @escaping @Sendable () async throws -> (ConsumerConfiguration, any Transport)
    ) {
        model = HostedModel(predictor, as: nil)
        host = ModelHost(serving: model, logger: logger, configuration: configuration)
    }

    /// Consumes until the service group, or one of the configured signals, asks for a graceful shutdown.
    ///
    /// - Throws: What is wrong with the configuration, or what no further try can mend, such as refused credentials. A server that is away is
    ///   waited for.
    public func run() async throws {
        try await host.run(trapsSignals: true)
    }

    /// Returns when the consumer is ready, such as in a test that runs it: it takes requests, and can store results.
    ///
    /// - Throws: What ``run()`` threw if the consumer has ended before.
    public func ready() async throws {
        try await health.waitUntilReady()
    }

    /// - Parameter request: Ends when the consumer is to drain; `nil`: only the service group and signals ask for that.
    func run(drainingAtEndOf request: Mailbox<Never>?) async throws {
        try await host.run(trapsSignals: true, drainingAtEndOf: request)
    }
}
