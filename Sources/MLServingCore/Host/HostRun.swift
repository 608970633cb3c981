internal import EventLoop
internal import Logging
internal import ServiceLifecycle
internal import Synchronization
internal import UnixSignals

/// One run of a host: its transport and its models' consumers, and their orderly end.
final class HostRun: Sendable {
    private enum Event: Sendable {
        /// More models to serve; none: there will be no more.
        case arrived([HostedModel])
        case ended(HostedModel, Result<Void, any Error>)
    }

    private struct Models: Sendable {
        var all: [HostedModel]
        /// Whether no more come, since the host drains.
        var isClosed = false
    }

    private let transport: any Transport
    private let configuration: ConsumerConfiguration
    private let logger: Logger
    private let models: Mutex<Models>
    private let arrivals = Mailbox<HostedModel>()
    /// What tells others of the models; `nil`: nothing, since there is no store, or nowhere to tell it.
    private let announcer: ModelAnnouncer?

    init(_ models: [HostedModel], transport: any Transport, configuration: ConsumerConfiguration, logger: Logger) {
        self.models = Mutex(Models(all: models))
        self.transport = transport
        self.configuration = configuration
        self.logger = logger
        announcer =
            configuration.usesStore
            ? transport.directory.map { ModelAnnouncer(directory: $0, executor: transport.executor, logger: logger) } : nil
        for model in models { arrivals.append(model) }
    }

    /// Serves a further model.
    func add(_ model: HostedModel) {
        let isClosed = models.withLock { models in
            if !models.isClosed { models.all.append(model) }
            return models.isClosed
        }
        if !isClosed { arrivals.append(model) }
    }

    /// Finishes what is predicted of a model, and serves it no longer. The others go on.
    func remove(_ model: HostedModel) async {
        models.withLock { models in models.all.removeAll { $0 === model } }
        withdraw(model)
        await model.drain()
    }

    /// Serves until all models have been drained, or none is left that can be served.
    ///
    /// - Parameters:
    ///   - signals: The signals that drain the host.
    ///   - drainRequest: Ends when the host is to drain; `nil`: nothing but signals and the service group asks for that.
    func run(drainingOn signals: [UnixSignal], drainingAtEndOf drainRequest: Mailbox<Never>?) async throws {
        // Before a consumer can say that it is ready: a signal that comes right afterwards is heard.
        let signals = signals.isEmpty ? nil : await UnixSignalsSequence(trapping: signals)
        let executor = transport.executor
        try await withGracefulShutdownHandler {
            try await withThrowingTaskGroup(of: Void.self) { group in
                group.addTask(executorPreference: executor) { try await self.transport.run() }
                group.addTask(executorPreference: executor) { try await self.serve() }
                if let queue = configuration.resultQueue {
                    let results = ResultQueueServer(queue, transport: transport, configuration: configuration, logger: logger)
                    group.addTask(executorPreference: executor) { try await self.lasting("the result queue") { try await results.run() } }
                }
                if let announcer { group.addTask(executorPreference: executor) { try await announcer.run() } }
                if let signals { group.addTask { try await self.drain(on: signals) } }
                if let drainRequest { group.addTask { try await self.drain(atEndOf: drainRequest) } }
                // Whichever ends first ends the others: the models when they have drained, the transport when it cannot go on.
                defer { group.cancelAll() }
                try await group.nextOrCause()
            }
        } onGracefulShutdown: {
            Task(executorPreference: executor) { await self.drain() }
        }
    }

    // MARK: Models

    /// Serves what arrives until nothing more can and all have ended.
    ///
    /// - Throws: What the last model failed with, if it was the last; and at once what says that the transport has ended.
    private func serve() async throws {
        let executor = transport.executor
        try await withThrowingTaskGroup(of: Event.self) { group in
            func awaitArrivals() {
                group.addTask(executorPreference: executor) { .arrived(try await self.arrivals.next()) }
            }
            var (servedCount, mayCome) = (0, true)
            awaitArrivals()
            while let event = try await group.next() {
                switch event {
                case .arrived(let models) where models.isEmpty:
                    mayCome = false
                case .arrived(let models):
                    for model in models {
                        servedCount += 1
                        group.addTask(executorPreference: executor) { await self.serve(model) }
                    }
                    awaitArrivals()
                case .ended(let model, let result):
                    servedCount -= 1
                    try take(result, of: model, isLast: servedCount == 0)
                    // The last one was told to end by somebody else than the host, such as by Celery's remote control.
                    if servedCount == 0, models.withLock({ models in models.all.contains { $0 === model } }) { mayCome = false }
                }
                if servedCount == 0, !mayCome { return group.cancelAll() }
            }
        }
    }

    private func serve(_ model: HostedModel) async -> Event {
        let engine = model.makeEngine(transport: transport, configuration: configuration, logger: logger)
        // Whoever drains closes or removes first and looks for the engine then, so that one of the two is noticed.
        guard models.withLock({ models in !models.isClosed && models.all.contains { $0 === model } }) else {
            return .ended(model, .success(()))
        }
        let dialect = engine.configuration.dialect
        do {
            try await withThrowingTaskGroup(of: Void.self) { group in
                group.addTask(executorPreference: transport.executor) { try await model.serve(by: engine) }
                if let announcer {
                    group.addTask { try await self.announce(model, of: engine, by: announcer) }
                }
                if let dialect {
                    group.addTask(executorPreference: transport.executor) {
                        try await self.lasting("the dialect") { try await dialect.run(beside: ConsumerControl(engine: engine)) }
                    }
                }
                defer { group.cancelAll() }
                try await group.nextOrCause()
            }
            withdraw(model)
            return .ended(model, .success(()))
        } catch {
            withdraw(model)
            return .ended(model, .failure(error))
        }
    }

    /// Announces a model when it is ready; who asks earlier would wait for it.
    ///
    /// - Throws: `CancellationError` at the model's end.
    private func announce(_ model: HostedModel, of engine: ConsumerEngine, by announcer: ModelAnnouncer) async throws {
        do {
            try await model.health.waitUntilReady()
            let configuration = engine.configuration
            try announcer.announce(
                model.address ?? ModelAddress(queue: configuration.queue.name), model.options.description,
                contentTypes: configuration.codecs.contentTypes)
        } catch let error as ModelHostError {
            logger.warning("a model is not announced", metadata: [LogKey.error: "\(error)"])
        } catch {
            // It has ended before, which ends this task, too.
        }
        _ = try await Mailbox<Never>().next()
    }

    private func withdraw(_ model: HostedModel) {
        announcer?.withdraw(queue: model.address?.queue ?? configuration.queue.name)
    }

    /// Takes note of a model's end. One that fails ends the others only by being the last.
    private func take(_ result: Result<Void, any Error>, of model: HostedModel, isLast: Bool) throws {
        switch result {
        case .success:
            model.health.end()
        case .failure(let error):
            if isLast || (error as? TransportError)?.code == .closed || error is CancellationError { throw error }
            model.health.end(because: error)
            logger.error(
                "a model can be served no longer, the others are",
                metadata: [LogKey.model: "\(model.address.map { "\($0)" } ?? "")", LogKey.error: "\(error)"])
        }
    }

    /// Runs a part that has to last as long as what it is part of.
    ///
    /// - Throws: What it throws, or ``TransportError`` with `closed` when it ends by itself: nothing goes on without it.
    private func lasting(_ name: String, _ part: @Sendable () async throws -> Void) async throws {
        try await part()
        try Task.checkCancellation()
        throw TransportError(code: .closed, message: "\(name) has ended; the consumer cannot go on without it")
    }

    // MARK: The end

    private func drain(atEndOf request: Mailbox<Never>) async throws {
        _ = try await request.next()
        await drain()
        // The models' end ends the run.
        _ = try await Mailbox<Never>().next()
    }

    /// Drains at the first signal, and stops at once at the second.
    private func drain(on signals: UnixSignalsSequence) async throws {
        await withTaskGroup(of: Void.self) { group in
            var requests = SignalRequests()
            for await signal in signals {
                switch requests.receive(at: .now) {
                case nil: break
                case 1: group.addTask { await self.drain() }
                default: await abort(because: "\(signal) came again")
                }
            }
        }
        // The sequence ends with its task only.
        try Task.checkCancellation()
    }

    /// Finishes what is predicted of every model, all at the same time, and serves no more.
    private func drain() async {
        let models = close()
        await withTaskGroup(of: Void.self) { group in
            for model in models { group.addTask { await model.drain() } }
            if let announcer { group.addTask { await announcer.withdrawAll() } }
        }
        arrivals.finish()
    }

    private func abort(because reason: String) async {
        for model in close() {
            model.currentEngine?.telemetry.stopping(because: reason)
            await model.abort()
        }
        arrivals.finish()
    }

    private func close() -> [HostedModel] {
        models.withLock { models in
            models.isClosed = true
            return models.all
        }
    }
}
