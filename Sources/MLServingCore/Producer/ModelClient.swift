internal import EventLoop
public import Logging
public import ServiceLifecycle

/// Asks any number of models, each with whatever payload it takes, over one set of connections, from any number of tasks at once.
///
/// ```swift
/// let client = ModelClient()
/// let vector: [Float] = try await client.predict("bonjour", model: "embedder")
/// let label: String = try await client.predict(vector, model: "classifier:2", options: RequestOptions(timeout: .seconds(5)))
/// ```
///
/// The first call connects; ``shutdown()``, or the end of ``run()``, disconnects. A program that is made of services puts the client into its
/// service group, and needs no `shutdown()`. ``ProducerClient`` is a view of it for one model with one type of input and output.
///
/// Calls throw ``ServingError``, or `CancellationError` when their task is cancelled. Calls of one model do not wait for those of another.
public final class ModelClient: Service {
    let session: ProducerSession

    /// Makes a client; nothing starts before it is used or run.
    ///
    /// - Parameters:
    ///   - transport: What the client talks through. A transport serves one client.
    ///   - configuration: How to ask. Its route says by which exchange the models' queues are reached.
    ///   - logger: Where to log.
    public init(
        transport: any Transport,
        configuration: ProducerConfiguration = ProducerConfiguration(),
        logger: Logger = Logger(label: "mlserving.producer")
    ) {
        session = ProducerSession(logger: logger, executor: transport.executor) { (configuration, transport) }
    }

    /// Makes a client whose configuration and transport are made when it is first used, so that what is wrong with them is thrown there.
    public init(
        logger: Logger = Logger(label: "mlserving.producer"),
        configuration: @escaping @Sendable () async throws -> (ProducerConfiguration, any Transport)
    ) {
        session = ProducerSession(logger: logger, executor: nil, makeConfiguration: configuration)
    }

    // MARK: Life

    /// Connects, and stays connected until the service group shuts down gracefully or the task is cancelled.
    public func run() async throws {
        try await withTaskCancellationOrGracefulShutdownHandler {
            try await self.session.waitForEnd()
        } onCancelOrGracefulShutdown: {
            Task { await self.session.shutdown() }
        }
    }

    /// Disconnects. Calls under way, and later ones, fail with `closed`.
    public func shutdown() async {
        await session.shutdown()
    }

    /// Runs code on the thread that serves the client's connections, where calls need no way to another thread and back.
    ///
    /// For callers whose own work for a request takes microseconds. What computes for longer, or blocks, holds up every request of the client
    /// there. Tasks that the code makes as children run there too.
    public func onConnectionThread<Outcome: Sendable>(_ body: @Sendable () async throws -> Outcome) async throws -> Outcome {
        let engine = try await session.engine()
        return try await withTaskExecutorPreference(engine.executor.unisolated) { try await body() }
    }

    // MARK: Models

    /// The models that are announced now, in the order of their names.
    ///
    /// Each host announces its models when they are ready, again every ten seconds, and until it drains. One that ends without that is listed for up
    /// to half a minute more. A model that is not announced, such as one of a consumer in queue mode, can be asked all the same.
    ///
    /// - Throws: ``ServingError`` with `unavailable` when they cannot be looked up.
    public func models() async throws -> [AnnouncedModel] {
        try await session.engine().models()
    }

    // MARK: Predictions

    /// Asks a model for the prediction of one input and waits for it.
    ///
    /// - Parameters:
    ///   - input: What to predict from. An ``EncodedValue`` travels as it is, in its own content type.
    ///   - model: Which model to ask.
    ///   - type: What the output is; an ``EncodedValue`` comes as it was stored.
    ///   - options: What else to say. When the timeout is over the consumer drops the work too (G4).
    /// - Throws: ``ServingError``: the predictor's error, `expired`, `unavailable`, `overloaded`, `unroutable`, `closed`.
    public func predict<Input: Encodable & Sendable, Output: Decodable & Sendable>(
        _ input: Input, model: ModelAddress, returning type: Output.Type = Output.self, options: RequestOptions = RequestOptions()
    ) async throws -> Output {
        try await prediction(for: input, model: model, returning: type, options: options).output
    }

    /// Asks a model for the prediction of one input, as ``predict(_:model:returning:options:)`` does, and tells the request's id and where its
    /// time went.
    public func prediction<Input: Encodable & Sendable, Output: Decodable & Sendable>(
        for input: Input, model: ModelAddress, returning type: Output.Type = Output.self, options: RequestOptions = RequestOptions()
    ) async throws -> Prediction<Output> {
        try await session.engine().prediction(for: input, by: RequestTerms(model: model, options: options))
    }

    /// Asks a model for the predictions of several inputs in one request, and waits for all of them.
    ///
    /// - Parameters:
    ///   - inputs: What to predict from. None: no request is made.
    ///   - model: Which model to ask.
    ///   - type: What an output is.
    ///   - options: What else to say.
    /// - Returns: One outcome for each input, in their order: an input that fails does not fail its neighbours (G6).
    /// - Throws: ``ServingError`` when the request as a whole failed.
    public func predictions<Input: Encodable & Sendable, Output: Decodable & Sendable>(
        for inputs: [Input], model: ModelAddress, returning type: Output.Type = Output.self, options: RequestOptions = RequestOptions()
    ) async throws -> BatchPrediction<Output> {
        try await session.engine().predictions(for: inputs, by: RequestTerms(model: model, options: options))
    }

    // MARK: Work for later

    /// Hands in one input and returns as soon as the broker has it safely. Needs a store, or a result queue.
    ///
    /// - Parameters:
    ///   - input: What to predict from.
    ///   - model: Which model to ask.
    ///   - options: What else to say: within which time the prediction has to begin, and how long its result is kept.
    /// - Returns: What any process can read the result with, see ``result(of:returning:timeout:)``.
    /// - Throws: ``ServingError``: `unavailable`, `overloaded`, `unroutable`, `closed`.
    public func submit(
        _ input: some Encodable & Sendable, model: ModelAddress, options: RequestOptions = RequestOptions()
    ) async throws -> Ticket {
        try await session.engine().submit(input, by: RequestTerms(model: model, options: options))
    }

    /// Waits for the result of submitted work. It can be read again until its time to live ends.
    ///
    /// - Parameters:
    ///   - ticket: What ``submit(_:model:options:)`` returned, in this or another process.
    ///   - type: What the output is.
    ///   - timeout: How long to wait; by default as the configuration says. Zero only looks.
    /// - Throws: ``ServingError``: the predictor's error; `expired` when there is no result in time, or none any more.
    public func result<Output: Decodable & Sendable>(
        of ticket: Ticket, returning type: Output.Type = Output.self, timeout: Duration? = nil
    ) async throws -> Output {
        try await session.engine().result(of: ticket, timeout: timeout)
    }

    /// Cancels submitted work, or any other request by the key of its result: unless its prediction has begun, it is not predicted (G7).
    ///
    /// A mark in the store, kept for a day, tells every consumer of the model. Whoever waits for the result gets the error `cancelled`.
    ///
    /// - Parameters:
    ///   - ticket: What ``submit(_:model:options:)`` returned, in this or another process.
    ///   - model: The model that was asked.
    ///   - timeout: How long the store has to answer.
    /// - Returns: `false` when there is a result already.
    /// - Throws: ``ServingError`` with `unavailable` when the store cannot be reached.
    @discardableResult
    public func cancel(_ ticket: Ticket, model: ModelAddress, timeout: Duration = .seconds(5)) async throws -> Bool {
        try await session.engine().cancel(ticket.key, of: model, timeout: timeout)
    }
}
