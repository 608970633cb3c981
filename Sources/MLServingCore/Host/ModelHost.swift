public import Logging
public import ServiceLifecycle
internal import Synchronization

/// Serves any number of models in one process, over one set of connections.
///
/// ```swift
/// let host = ModelHost()
/// try host.serve(Embedder(), as: "embedder")
/// try host.serve(Classifier(), as: "classifier:2", options: ServingOptions(concurrency: 2))
/// try await host.runService()
/// ```
///
/// Each model has a queue of its own, named after it (see ``ModelAddress/queue``), its own batches, its own limits and its own threads, so that a
/// slow model holds up no other one. A model can be served and unloaded while the host runs. One that fails to load, or fails later, is told by
/// its health and by the host's; the others go on. The host ends with the failure when no model is left.
///
/// What ``ConsumerRunner`` promises of a consumer holds for each model (G1 to G11).
public final class ModelHost: Service {
    private struct State: Sendable {
        var models: [HostedModel] = []
        var run: HostRun?
    }

    private let makeConfiguration: @Sendable () async throws -> (ConsumerConfiguration, any Transport)
    private let logger: Logger
    private let state: Mutex<State>

    /// Makes a host; nothing starts before ``run()``.
    ///
    /// - Parameters:
    ///   - transport: What the host talks through. A transport serves one host.
    ///   - configuration: How to consume. Each model has a queue like this one's, of its own name, and these limits for itself.
    ///   - logger: Where to log.
    public convenience init(
        transport: any Transport,
        configuration: ConsumerConfiguration = ConsumerConfiguration(),
        logger: Logger = Logger(label: "mlserving.host")
    ) {
        self.init(logger: logger) { (configuration, transport) }
    }

    /// Makes a host whose configuration and transport are made when it runs, so that what is wrong with them is thrown by ``run()``.
    public init(
        logger: Logger = Logger(label: "mlserving.host"),
        configuration: @escaping @Sendable () async throws -> (ConsumerConfiguration, any Transport)
    ) {
        makeConfiguration = configuration
        self.logger = logger.harmless
        state = Mutex(State())
    }

    init(
        serving model: HostedModel, logger: Logger,
        configuration: @escaping @Sendable () async throws -> (ConsumerConfiguration, any Transport)
    ) {
        makeConfiguration = configuration
        self.logger = logger.harmless
        state = Mutex(State(models: [model]))
    }

    // MARK: Models

    /// Serves a model, from the host's start on or at once if it runs.
    ///
    /// - Parameters:
    ///   - predictor: What predicts.
    ///   - address: What it is called. Requests come by the queue of that name.
    ///   - options: How it is served, where that is not as the host's configuration and the predictor's type say.
    /// - Returns: The model, whose readiness can be waited for.
    /// - Throws: ``ModelHostError`` when the host serves a model of that queue already, or its description cannot be announced.
    @discardableResult
    public func serve(
        _ predictor: some Predictor, as address: ModelAddress, options: ServingOptions = ServingOptions()
    ) throws(ModelHostError) -> ServedModel {
        try options.description.check()
        let model = HostedModel(predictor, as: address, options: options)
        let (isTaken, run) = state.withLock { state in
            let isTaken = state.models.contains { $0.address?.queue == address.queue }
            if !isTaken { state.models.append(model) }
            return (isTaken, state.run)
        }
        if isTaken { throw ModelHostError(code: .alreadyServed, message: "the host serves \(address) already, or a model of its queue") }
        run?.add(model)
        return ServedModel(address: address, model: model)
    }

    /// Serves a model no longer: takes no more of its requests, and answers those that are predicted (G8). The others go on.
    ///
    /// Soon after this has returned the predictor is told to release what it has loaded (``Predictor/unload()``).
    ///
    /// - Returns: `false` when the host does not serve it.
    @discardableResult
    public func unload(_ address: ModelAddress) async -> Bool {
        let (model, run): (HostedModel?, HostRun?) = state.withLock { state in
            guard let index = state.models.firstIndex(where: { $0.address == address }) else { return (nil, nil) }
            return (state.models.remove(at: index), state.run)
        }
        guard let model else { return false }
        await run?.remove(model)
        return true
    }

    /// The models that are served, or are to be, in the order in which they came.
    public var models: [ServedModel] {
        state.withLock { $0.models }.compactMap { model in model.address.map { ServedModel(address: $0, model: model) } }
    }

    // MARK: Life

    /// Serves until the service group shuts down gracefully, or the task is cancelled. Signals are left to the group; see ``runService()``.
    ///
    /// - Throws: What is wrong with the configuration, or what no further try can mend, such as refused credentials. A server that is away is
    ///   waited for.
    public func run() async throws {
        try await run(trapsSignals: false)
    }

    /// Serves in a program that is nothing but a host: until SIGTERM or SIGINT, or whichever signals the configuration names. A second one ends it
    /// at once.
    public func runService() async throws {
        try await run(trapsSignals: true)
    }

    /// Returns when all models are ready that are served now.
    ///
    /// - Throws: Why one of them cannot be served.
    public func ready() async throws {
        for model in models { try await model.ready() }
    }

    /// - Parameters:
    ///   - trapsSignals: Whether the configured signals drain the host.
    ///   - drainRequest: Ends when the host is to drain; `nil`: nothing but signals and the service group asks for that.
    func run(trapsSignals: Bool, drainingAtEndOf drainRequest: Mailbox<Never>? = nil) async throws {
        do {
            let (configuration, transport) = try await makeConfiguration()
            let models = state.withLock { $0.models }
            if configuration.dialect != nil, models.count != 1 || models.first?.address != nil {
                throw ModelHostError(
                    code: .oneDialect, message: "messages of another system, such as Celery's, are served by a consumer of one model")
            }
            let run = HostRun(models, transport: transport, configuration: configuration, logger: logger)
            let late = state.withLock { state in
                state.run = run
                return state.models.filter { model in !models.contains { $0 === model } }
            }
            for model in late { run.add(model) }
            defer { state.withLock { $0.run = nil } }
            try await run.run(
                drainingOn: trapsSignals ? configuration.gracefulShutdownSignals : [], drainingAtEndOf: drainRequest)
            for model in state.withLock({ $0.models }) { model.health.endUnlessEnded() }
        } catch {
            for model in state.withLock({ $0.models }) { model.health.endUnlessEnded(because: error) }
            throw error
        }
    }
}
