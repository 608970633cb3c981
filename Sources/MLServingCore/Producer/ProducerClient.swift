internal import EventLoop
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
    private let session: ProducerSession

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
        self.init(session: ProducerSession(logger: logger, executor: transport.executor) { (configuration, transport) })
    }

    /// Makes a client whose configuration and transport are made when it is first used, so that what is wrong with them is thrown there.
    public convenience init(
        logger: Logger = Logger(label: "mlserving.producer"),
        configuration: @escaping @Sendable () async throws -> (ProducerConfiguration, any Transport)
    ) {
        self.init(session: ProducerSession(logger: logger, executor: nil, makeConfiguration: configuration))
    }

    private init(session: ProducerSession) {
        self.session = session
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
        let engine = try await session.engine()
        return try await withTaskExecutorPreference(engine.executor.unisolated) { try await body() }
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
        try await prediction(for: input, timeout: timeout).output
    }

    /// Asks for the prediction of one input and waits for it, as ``predict(_:timeout:)`` does, and tells where the time went.
    public func prediction(for input: Input, timeout: Duration? = nil) async throws -> Prediction<Output> {
        let engine = try await session.engine()
        let body = try Self.encode(input, with: engine.configuration.codec)
        let answer =
            engine.configuration.coalescing == nil
            ? try await Self.answer(to: Array(body), inputs: nil, timeout: timeout, from: engine)
            : try await Self.coalescedAnswer(to: body, timeout: timeout, from: engine)
        let outcome = try answer.outcomes(forInputs: 1)[0]
        return Prediction(output: try answer.decode(outcome), times: answer.record.times)
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
        if inputs.isEmpty { return BatchPrediction(outcomes: [], times: ResultRecord.Times()) }
        let engine = try await session.engine()
        if engine.configuration.dialect == .template {
            return BatchPrediction(outcomes: try await predictEach(inputs, timeout: timeout), times: ResultRecord.Times())
        }
        let codec = engine.configuration.codec
        let body = try Self.join(inputs.map { try Self.encode($0, with: codec) }, with: codec)
        let answer = try await Self.answer(to: body, inputs: inputs.count, timeout: timeout, from: engine)
        let outcomes = try answer.outcomes(forInputs: inputs.count).map { outcome in
            Result { () throws(ServingError) in try answer.decode(outcome, as: Output.self) }
        }
        return BatchPrediction(outcomes: outcomes, times: answer.record.times)
    }

    /// One request for each input.
    private func predictEach(_ inputs: [Input], timeout: Duration?) async throws -> [Result<Output, ServingError>] {
        try await withThrowingTaskGroup(of: (Int, Result<Output, ServingError>).self) { group in
            for (index, input) in inputs.enumerated() {
                group.addTask {
                    do {
                        return (index, .success(try await self.predict(input, timeout: timeout)))
                    } catch let error as ServingError {
                        return (index, .failure(error))
                    }
                }
            }
            var results: [Int: Result<Output, ServingError>] = [:]
            for try await (index, result) in group { results[index] = result }
            return inputs.indices.compactMap { results[$0] }
        }
    }

    /// Hands in one input and returns as soon as the broker has it safely. Needs a store, or a result queue.
    ///
    /// - Parameters:
    ///   - input: What to predict from.
    ///   - timeout: Within which time the prediction has to begin; by default as the configuration says.
    /// - Returns: What any process can read the result with, see ``result(of:timeout:)``.
    /// - Throws: ``ServingError``: `unavailable`, `overloaded`, `unroutable`, `closed`.
    public func submit(_ input: Input, timeout: Duration? = nil) async throws -> Ticket {
        let engine = try await session.engine()
        guard engine.configuration.resultMode == .store || engine.configuration.resultQueue != nil else {
            let message = "submitted work needs results in the store, or a result queue; this client has them as replies"
            throw ServingError(code: .unroutable, message: message)
        }
        let body = try Self.encode(input, with: engine.configuration.codec)
        return try await engine.telemetry.request(inputs: 1) { headers in
            let request = engine.makeRequest(body: Array(body), inputs: nil, timeout: timeout, headers: headers, isSubmission: true)
            try await engine.submit(request)
            return Ticket(key: request.address)
        }
    }

    /// Waits for the result of submitted work. It can be read again until its time to live ends.
    ///
    /// - Parameters:
    ///   - ticket: What ``submit(_:timeout:)`` returned, in this or another process.
    ///   - timeout: How long to wait; by default as the configuration says. Zero only looks.
    /// - Throws: ``ServingError``: the predictor's error; `expired` when there is no result in time, or none any more.
    public func result(of ticket: Ticket, timeout: Duration? = nil) async throws -> Output {
        let engine = try await session.engine()
        let deadline = engine.executor.now + (timeout ?? engine.configuration.timeout)
        let bytes = try await engine.record(under: ticket.key, until: deadline)
        let answer = try engine.answer(from: bytes)
        guard let outcome = answer.record.outcomes.first else {
            throw ServingError(code: .invalidOutput, message: "the result under \(ticket.key) has no outcome")
        }
        return try answer.decode(outcome)
    }

    /// Cancels submitted work, or any other request by the key of its result: unless its prediction has begun, it is not predicted (G7).
    ///
    /// A mark in the store, kept for a day, tells every consumer of the queue. Whoever waits for the result gets the error `cancelled`.
    ///
    /// - Parameter ticket: What ``submit(_:timeout:)`` returned, in this or another process.
    /// - Returns: `false` when there is a result already.
    /// - Throws: ``ServingError`` with `unavailable` when the store cannot be reached.
    @discardableResult
    public func cancel(_ ticket: Ticket) async throws -> Bool {
        let engine = try await session.engine()
        return try await engine.cancel(ticket.key)
    }

    // MARK: Encoding, with the caller

    private static func encode(_ input: Input, with codec: any PayloadCodec) throws -> ArraySlice<UInt8> {
        do {
            return try codec.payload(input)
        } catch let error as ServingError {
            throw error
        } catch {
            throw ServingError(code: .invalidInput, message: "the input cannot be encoded as \(codec.contentType): \(error)")
        }
    }

    private static func join(_ inputs: [ArraySlice<UInt8>], with codec: any PayloadCodec) throws(ServingError) -> [UInt8] {
        do {
            return try codec.join(list: inputs)
        } catch {
            throw ServingError(code: .invalidInput, message: "the inputs cannot be encoded as a list in \(codec.contentType): \(error)")
        }
    }

    private static func answer(
        to body: [UInt8], inputs: Int?, timeout: Duration?, from engine: ProducerEngine
    ) async throws -> Answer {
        try await engine.telemetry.request(inputs: inputs ?? 1) { headers in
            let request = engine.makeRequest(body: body, inputs: inputs, timeout: timeout, headers: headers)
            let answer = try engine.answer(from: try await engine.answer(to: request))
            engine.heed(answer)
            return answer
        }
    }

    private static func coalescedAnswer(
        to input: ArraySlice<UInt8>, timeout: Duration?, from engine: ProducerEngine
    ) async throws -> Answer {
        try await engine.telemetry.request(inputs: 1) { headers in
            try await engine.answer(to: CoalescedCall(input: input, timeout: engine.timeout(timeout), headers: headers))
        }
    }
}
