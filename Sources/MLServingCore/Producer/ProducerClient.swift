public import Logging
public import ServiceLifecycle

/// Asks for predictions through a broker, from any number of tasks at once.
///
/// The first call connects; ``shutdown()``, or the end of ``run()``, disconnects. A program that is made of services puts the client into its
/// service group, and needs no `shutdown()`.
///
/// ```swift
/// let client = ProducerClient<String, String>()
/// let answer = try await client.predict("hello", timeout: .seconds(5))
/// ```
///
/// Calls throw ``ServingError``, or `CancellationError` when their task is cancelled.
public final class ProducerClient<Input: Encodable & Sendable, Output: Decodable & Sendable>: Service {
    private let client: ModelClient
    /// Which model is asked; `nil`: the one that the configured route leads to.
    private let model: ModelAddress?

    /// Makes a view of a client, for one model. The connections are that client's, and end with it.
    ///
    /// - Parameters:
    ///   - client: What asks.
    ///   - model: Which model it asks; `nil`: the one that the client's route leads to.
    public init(_ client: ModelClient, model: ModelAddress? = nil) {
        self.client = client
        self.model = model
    }

    /// Makes a client; nothing starts before it is used or run.
    ///
    /// - Parameters:
    ///   - transport: What the client talks through. A transport serves one client.
    ///   - configuration: How to ask.
    ///   - logger: Where to log.
    public convenience init(
        transport: any Transport,
        configuration: ProducerConfiguration = ProducerConfiguration(),
        logger: Logger = Logger(label: "mlserving.producer")
    ) {
        self.init(ModelClient(transport: transport, configuration: configuration, logger: logger))
    }

    /// Makes a client whose configuration and transport are made when it is first used, so that what is wrong with them is thrown there.
    public convenience init(
        logger: Logger = Logger(label: "mlserving.producer"),
        configuration: @escaping @Sendable () async throws -> (ProducerConfiguration, any Transport)
    ) {
        self.init(ModelClient(logger: logger, configuration: configuration))
    }

    // MARK: Life

    /// Connects, and stays connected until the service group shuts down gracefully or the task is cancelled.
    public func run() async throws {
        try await client.run()
    }

    /// Disconnects. Calls under way, and later ones, fail with `closed`; so do those of the ``ModelClient`` that this is a view of.
    public func shutdown() async {
        await client.shutdown()
    }

    /// Runs code on the thread that serves the client's connections, where calls need no way to another thread and back.
    ///
    /// For callers whose own work for a request takes microseconds. What computes for longer, or blocks, holds up every request of the client
    /// there. Tasks that the code makes as children run there too.
    ///
    /// ```swift
    /// try await client.onConnectionThread {
    ///     try await withThrowingTaskGroup(of: Void.self) { group in
    ///         for input in inputs { group.addTask { handle(try await client.predict(input)) } }
    ///         try await group.waitForAll()
    ///     }
    /// }
    /// ```
    public func onConnectionThread<Outcome: Sendable>(_ body: @Sendable () async throws -> Outcome) async throws -> Outcome {
        try await client.onConnectionThread(body)
    }

    // MARK: Predictions

    /// Asks for the prediction of one input and waits for it.
    ///
    /// - Parameters:
    ///   - input: What to predict from.
    ///   - timeout: How long to wait; by default as the configuration says. When it is over the request
    ///     is not predicted any more; a prediction that has begun runs on (G4).
    /// - Throws: ``ServingError``: the predictor's error, `expired`, `unavailable`, `overloaded`, `unroutable`, `closed`.
    public func predict(_ input: Input, timeout: Duration? = nil) async throws -> Output {
        try await prediction(for: input, options: RequestOptions(timeout: timeout)).output
    }

    /// Asks for the prediction of one input and waits for it.
    ///
    /// - Parameters:
    ///   - input: What to predict from.
    ///   - options: What else to say, such as parameters and metadata.
    /// - Throws: ``ServingError``, as ``predict(_:timeout:)`` does, and `too_large` for too many options.
    public func predict(_ input: Input, options: RequestOptions) async throws -> Output {
        try await prediction(for: input, options: options).output
    }

    /// Asks for the prediction of one input and waits for it, as ``predict(_:timeout:)`` does, and tells where the time went.
    public func prediction(for input: Input, timeout: Duration? = nil) async throws -> Prediction<Output> {
        try await prediction(for: input, options: RequestOptions(timeout: timeout))
    }

    /// Asks for the prediction of one input and waits for it, as ``predict(_:options:)`` does, and tells where the time went.
    public func prediction(for input: Input, options: RequestOptions) async throws -> Prediction<Output> {
        try await client.session.engine().prediction(for: input, by: RequestTerms(model: model, options: options))
    }

    /// Asks for the predictions of several inputs in one request, and waits for all of them.
    ///
    /// - Parameters:
    ///   - inputs: What to predict from. None: no request is made.
    ///   - timeout: How long to wait; by default as the configuration says.
    /// - Returns: One outcome for each input, in their order: an input that fails does not fail its neighbours (G6).
    /// - Throws: ``ServingError`` when the request as a whole failed.
    public func predict(batch inputs: [Input], timeout: Duration? = nil) async throws -> [Result<Output, ServingError>] {
        try await predictions(for: inputs, timeout: timeout).outcomes
    }

    /// Asks for the predictions of several inputs, as ``predict(batch:timeout:)`` does, and tells where the time went.
    public func predictions(for inputs: [Input], timeout: Duration? = nil) async throws -> BatchPrediction<Output> {
        try await predictions(for: inputs, options: RequestOptions(timeout: timeout))
    }

    /// Asks for the predictions of several inputs, as ``predictions(for:timeout:)`` does, and says more of the request.
    public func predictions(for inputs: [Input], options: RequestOptions) async throws -> BatchPrediction<Output> {
        try await client.session.engine().predictions(for: inputs, by: RequestTerms(model: model, options: options))
    }

    // MARK: Work for later

    /// Hands in one input and returns as soon as the broker has it safely. Needs a store, or a result queue.
    ///
    /// - Parameters:
    ///   - input: What to predict from.
    ///   - timeout: Within which time the prediction has to begin; by default as the configuration says.
    /// - Returns: What any process can read the result with, see ``result(of:timeout:)``.
    /// - Throws: ``ServingError``: `unavailable`, `overloaded`, `unroutable`, `closed`.
    public func submit(_ input: Input, timeout: Duration? = nil) async throws -> Ticket {
        try await submit(input, options: RequestOptions(timeout: timeout))
    }

    /// Hands in one input, as ``submit(_:timeout:)`` does, and says more of the request, such as how long its result is to be kept.
    public func submit(_ input: Input, options: RequestOptions) async throws -> Ticket {
        try await client.session.engine().submit(input, by: RequestTerms(model: model, options: options))
    }

    /// Waits for the result of submitted work. It can be read again until its time to live ends.
    ///
    /// - Parameters:
    ///   - ticket: What ``submit(_:timeout:)`` returned, in this or another process.
    ///   - timeout: How long to wait; by default as the configuration says. Zero only looks.
    /// - Throws: ``ServingError``: the predictor's error; `expired` when there is no result in time, or none any more.
    public func result(of ticket: Ticket, timeout: Duration? = nil) async throws -> Output {
        try await client.result(of: ticket, timeout: timeout)
    }

    /// Cancels submitted work, or any other request by the key of its result: unless its prediction has begun, it is not predicted (G7).
    ///
    /// A mark in the store, kept for a day, tells every consumer of the queue. Whoever waits for the result gets the error `cancelled`.
    ///
    /// - Parameters:
    ///   - ticket: What ``submit(_:timeout:)`` returned, in this or another process.
    ///   - timeout: How long the store has to answer.
    /// - Returns: `false` when there is a result already.
    /// - Throws: ``ServingError`` with `unavailable` when the store cannot be reached.
    @discardableResult
    public func cancel(_ ticket: Ticket, timeout: Duration = .seconds(5)) async throws -> Bool {
        try await client.session.engine().cancel(ticket.key, of: model, timeout: timeout)
    }
}
