internal import EventLoop
public import Logging
public import ServiceLifecycle
internal import UnixSignals

/// Runs a predictor behind a queue: takes requests, predicts them in batches, and stores the results.
///
/// A delivery is settled only when its result has been stored (G2), so killing the process loses nothing: the next consumer of the queue
/// answers what was left. ``run()`` returns after SIGTERM or SIGINT, when what was running has been answered (G8), and at once after a second
/// signal: what is not answered by then goes back to the queue.
public struct ConsumerRunner: Service {
    private let program: PredictionProgram
    private let makeConfiguration: @Sendable () async throws -> (ConsumerConfiguration, any Transport)
    private let logger: Logger

    /// How the consumer is doing: before, while and after it runs.
    public let health = ConsumerHealth()

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
        self.logger = logger.harmless
    }

    /// Consumes until the service group, or one of the configured signals, asks for a graceful shutdown.
    ///
    /// - Throws: What is wrong with the configuration, or what no further try can mend, such as refused credentials. A server that is away is
    ///   waited for.
    public func run() async throws {
        try await run(drainingAtEndOf: nil)
    }

    /// Returns when the consumer is ready, such as in a test that runs it: it takes requests, and can store results.
    ///
    /// - Throws: What ``run()`` threw if the consumer has ended before.
    public func ready() async throws {
        try await health.waitUntilReady()
    }

    /// - Parameter request: Ends when the consumer is to drain; `nil`: only the service group and signals ask for that.
    func run(drainingAtEndOf request: Mailbox<Never>?) async throws {
        do {
            let (configuration, transport) = try await makeConfiguration()
            let engine = ConsumerEngine(
                program: program, transport: transport, configuration: configuration, health: health, logger: logger)
            let results = configuration.resultQueue.map {
                ResultQueueServer($0, transport: transport, configuration: configuration, logger: logger)
            }
            try await ConsumerService(engine: engine, results: results, drainRequest: request).run()
            health.end()
        } catch {
            health.end(because: error)
            throw error
        }
    }
}

/// One run of a consumer: its transport and its engine, and their orderly end.
private struct ConsumerService {
    let engine: ConsumerEngine
    let results: ResultQueueServer?
    let drainRequest: Mailbox<Never>?

    func run() async throws {
        let trapped = engine.configuration.gracefulShutdownSignals
        // Before the engine can say that it is ready: a signal that comes right afterwards is heard.
        let signals = trapped.isEmpty ? nil : await UnixSignalsSequence(trapping: trapped)
        try await withGracefulShutdownHandler {
            try await withThrowingTaskGroup(of: Void.self) { group in
                group.addTask(executorPreference: engine.executor) { try await engine.transport.run() }
                group.addTask(executorPreference: engine.executor) { try await engine.run() }
                if let results {
                    group.addTask(executorPreference: engine.executor) { try await lasting("the result queue") { try await results.run() } }
                }
                if let dialect = engine.configuration.dialect {
                    group.addTask(executorPreference: engine.executor) {
                        try await lasting("the dialect") { try await dialect.run(beside: ConsumerControl(engine: engine)) }
                    }
                }
                if let signals { group.addTask { try await heed(signals) } }
                if let drainRequest { group.addTask { try await awaitDrain(drainRequest) } }
                // Whichever ends first ends the others: the engine when it has drained, the transport when it cannot go on.
                defer { group.cancelAll() }
                try await group.nextOrCause()
            }
        } onGracefulShutdown: {
            Task(executorPreference: engine.executor) { await drain() }
        }
    }

    /// Runs a part that has to last as long as the consumer.
    ///
    /// - Throws: What it throws, or ``TransportError`` with `closed` when it ends by itself: a consumer does not go on without it.
    private func lasting(_ name: String, _ part: @Sendable () async throws -> Void) async throws {
        try await part()
        try Task.checkCancellation()
        throw TransportError(code: .closed, message: "\(name) has ended; the consumer cannot go on without it")
    }

    private func awaitDrain(_ request: Mailbox<Never>) async throws {
        _ = try await request.next()
        await drain()
        // The engine ends the service.
        _ = try await Mailbox<Never>().next()
    }

    /// Drains at the first signal, and stops at once at the second.
    private func heed(_ signals: UnixSignalsSequence) async throws {
        await withTaskGroup(of: Void.self) { group in
            var count = 0
            for await signal in signals {
                count += 1
                if count == 1 {
                    group.addTask { await drain() }
                } else {
                    engine.telemetry.stopping(because: "\(signal) came again")
                    await engine.abort()
                }
            }
        }
        // The sequence ends with its task only.
        try Task.checkCancellation()
    }

    private func drain() async {
        await engine.drain(within: engine.configuration.gracePeriod)
    }
}
