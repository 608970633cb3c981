internal import EventLoop
public import Logging
public import ServiceLifecycle

/// Runs a predictor behind a queue: takes requests, predicts them in batches, and stores the results.
///
/// A delivery is settled only when its result has been stored (G2), so killing the process loses nothing: the next consumer of the queue
/// answers what was left. ``run()`` returns after SIGTERM or SIGINT, when what was running has been answered (G8).
public struct ConsumerRunner: Service {
    private let program: PredictionProgram
    private let makeConfiguration: @Sendable () async throws -> (ConsumerConfiguration, any Transport)
    private let logger: Logger

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
        program = PredictionProgram(predictor)
        makeConfiguration = configuration
        self.logger = logger
    }

    /// Consumes until the service group, or one of the configured signals, asks for a graceful shutdown.
    ///
    /// - Throws: What is wrong with the configuration, or what no further try can mend, such as refused credentials. A server that is away is
    ///   waited for.
    public func run() async throws {
        let (configuration, transport) = try await makeConfiguration()
        let engine = ConsumerEngine(program: program, transport: transport, configuration: configuration, logger: logger)
        let service = ConsumerService(engine: engine)
        guard !configuration.gracefulShutdownSignals.isEmpty else { return try await service.run() }
        var quiet = logger
        quiet.logLevel = max(logger.logLevel, .warning)
        let group = ServiceGroup(
            configuration: .init(
                services: [.init(service: service, successTerminationBehavior: .gracefullyShutdownGroup)],
                gracefulShutdownSignals: configuration.gracefulShutdownSignals,
                logger: quiet
            )
        )
        try await withGracefulShutdownHandler {
            try await group.run()
        } onGracefulShutdown: {
            Task { await group.triggerGracefulShutdown() }
        }
    }
}

/// One run of a consumer: its transport and its engine, and their orderly end.
private struct ConsumerService: Service {
    let engine: ConsumerEngine

    func run() async throws {
        try await withGracefulShutdownHandler {
            try await withThrowingTaskGroup(of: Void.self) { group in
                group.addTask(executorPreference: engine.executor) { try await engine.transport.run() }
                group.addTask(executorPreference: engine.executor) { try await engine.run() }
                // Whichever ends first ends the other: the engine when it has drained, the transport when it cannot go on.
                defer { group.cancelAll() }
                try await group.next()
            }
        } onGracefulShutdown: {
            Task { await shutDown() }
        }
    }

    private func shutDown() async {
        await withTaskGroup(of: Void.self) { group in
            group.addTask { await engine.drain() }
            group.addTask {
                guard (try? await Task.sleep(for: engine.configuration.gracePeriod)) != nil else { return }
                engine.telemetry.gracePeriodOver()
                await engine.stop()
            }
            await group.next()
            group.cancelAll()
        }
    }
}
