internal import Logging
internal import Metrics
internal import Synchronization
internal import Tracing

/// What a consumer tells of itself: the one place where its metrics, logs and spans are made.
final class ConsumerTelemetry: Sendable {
    private let queue: String
    private let logger: Logger
    private let queued: Metrics.Timer
    private let batching: Metrics.Timer
    private let predicting: Metrics.Timer
    private let batchSize: Recorder
    private let accepted: Counter
    private let duplicates: Counter
    private let retries: Counter
    private let deadLetters: Counter
    private let suspects: Counter
    private let attempts: Counter
    private let refusedResults: Counter
    private let releases: [String: Counter]
    private let cacheResults: [CacheResult: Counter]
    /// Made when an outcome first occurs: predictors may use codes of their own.
    private let outcomes = Mutex<[String: Counter]>([:])
    private let factory = MetricsSystem.factory
    private let hasKeptNothing = Atomic(false)

    /// What an input met that may be shared.
    enum CacheResult: String, CaseIterable {
        /// Its output is in the store.
        case hit
        /// It is predicted.
        case miss
        /// An equal one is under way.
        case shared
    }

    init(queue: String, logger: Logger) {
        var logger = logger
        logger[metadataKey: LogKey.queue] = "\(queue)"
        self.queue = queue
        self.logger = logger
        let dimensions = [("queue", queue)]
        queued = Metrics.Timer(label: "mlserving_consumer_queue_seconds", dimensions: dimensions)
        batching = Metrics.Timer(label: "mlserving_consumer_batching_seconds", dimensions: dimensions)
        predicting = Metrics.Timer(label: "mlserving_consumer_predict_seconds", dimensions: dimensions)
        batchSize = Recorder(label: "mlserving_consumer_batch_size", dimensions: dimensions)
        accepted = Counter(label: "mlserving_consumer_requests_total", dimensions: dimensions)
        duplicates = Counter(label: "mlserving_consumer_duplicates_total", dimensions: dimensions)
        retries = Counter(label: "mlserving_consumer_publish_retries_total", dimensions: dimensions)
        deadLetters = Counter(label: "mlserving_consumer_dead_letters_total", dimensions: dimensions)
        suspects = Counter(label: "mlserving_consumer_suspects_total", dimensions: dimensions)
        refusedResults = Counter(label: "mlserving_consumer_refused_results_total", dimensions: dimensions)
        attempts = Counter(label: "mlserving_consumer_retries_total", dimensions: dimensions)
        cacheResults = Dictionary(
            uniqueKeysWithValues: CacheResult.allCases.map {
                ($0, Counter(label: "mlserving_consumer_cache_inputs_total", dimensions: dimensions + [("result", $0.rawValue)]))
            }
        )
        releases = Dictionary(
            uniqueKeysWithValues: BatchReleaseReason.allCases.map {
                ($0.rawValue, Counter(label: "mlserving_consumer_batches_total", dimensions: dimensions + [("reason", $0.rawValue)]))
            }
        )
    }

    // MARK: Life

    func ready(prefetch: Int, concurrency: Int) {
        logger.info("consumer ready", metadata: [LogKey.prefetch: "\(prefetch)", LogKey.concurrency: "\(concurrency)"])
    }

    func warmedUp(inputs: Int, after duration: Duration) {
        logger.info("predictor warmed up", metadata: [LogKey.inputs: "\(inputs)", LogKey.duration: "\(duration)"])
    }

    func statusUnknown(_ error: any Error) {
        logger.debug("the broker has not told what is in the queue", metadata: [LogKey.error: "\(error)"])
    }

    func marksUnknown(_ error: any Error) {
        logger.debug("the store has not told what is cancelled", metadata: [LogKey.error: "\(error)"])
    }

    func draining(active: Int) {
        logger.info("consumer draining", metadata: [LogKey.count: "\(active)"])
    }

    func stopping(because reason: String) {
        logger.warning("stopping at once: unfinished requests go back to the queue", metadata: [LogKey.reason: "\(reason)"])
    }

    // MARK: Requests

    func accepted(_ request: ActiveRequest) {
        accepted.increment()
        queued.recordNanoseconds(request.queued.microseconds * 1_000)
        logger.debug("request accepted", metadata: [LogKey.request: "\(request.id)"])
    }

    func duplicate(_ id: String) {
        duplicates.increment()
        logger.info("request answered before, acknowledging it", metadata: [LogKey.request: "\(id)"])
    }

    func setAside(_ request: ActiveRequest) {
        suspects.increment()
        logger.notice("request was under way when a consumer was lost, it is tried by itself", metadata: [LogKey.request: "\(request.id)"])
    }

    func notMarked(_ count: Int, _ error: any Error) {
        logger.warning(
            "the store does not tell of lost consumers, or cannot be told", metadata: [LogKey.count: "\(count)", LogKey.error: "\(error)"])
    }

    func cached(_ result: CacheResult) {
        cacheResults[result]?.increment()
    }

    func released(count: Int, reason: String) {
        batchSize.record(count)
        releases[reason]?.increment()
    }

    func predicted(_ done: PredictedBatch) {
        predicting.recordNanoseconds(done.duration.microseconds * 1_000)
    }

    func completed(_ request: ActiveRequest) {
        let failure = request.outcomes.lazy.compactMap { outcome in
            if case .failure(let error)? = outcome { error } else { nil }
        }.first
        count(outcome: failure?.code.rawValue ?? "ok")
        batching.recordNanoseconds(max(0, (ContinuousClock.now - request.accepted).microseconds - request.predicting.microseconds) * 1_000)
        span(of: request, failure: failure)
        guard let failure else {
            logger.debug("request predicted", metadata: [LogKey.request: "\(request.id)", LogKey.inputs: "\(request.inputCount)"])
            return
        }
        logger.info(
            "request failed",
            metadata: [LogKey.request: "\(request.id)", LogKey.outcome: "\(failure.code)", LogKey.error: "\(failure.message)"]
        )
    }

    /// The request as a span of the caller's trace, from its arrival to its last outcome.
    private func span(of request: ActiveRequest, failure: ServingError?) {
        guard request.context["traceparent"] != nil else { return }
        let context = HeaderPropagation.context(from: request.context)
        let span = InstrumentationSystem.tracer.startSpan("\(queue) process", context: context, ofKind: .consumer)
        span.attributes["messaging.system"] = "rabbitmq"
        span.attributes["messaging.destination.name"] = queue
        span.attributes["messaging.message.id"] = request.id
        span.attributes["mlserving.inputs"] = request.inputCount
        span.attributes["mlserving.queued_us"] = Int(request.queued.microseconds)
        span.attributes["mlserving.predicting_us"] = Int(request.predicting.microseconds)
        if let failure { span.recordError(failure) }
        span.end()
    }

    private func count(outcome: String) {
        let counter = outcomes.withLock { counters in
            if let counter = counters[outcome] { return counter }
            // A predictor that makes up codes without end must not make up metrics without end.
            let label = counters.count < 64 ? outcome : "other"
            let dimensions = [("queue", queue), ("outcome", label)]
            let counter = Counter(label: "mlserving_consumer_outcomes_total", dimensions: dimensions, factory: factory)
            if counters.count < 64 { counters[outcome] = counter }
            return counter
        }
        counter.increment()
    }

    // MARK: Predictions

    /// Predicts as part of the trace that the first of the requests belongs to, with links to the others'.
    func tracingPrediction<Outcome: Sendable>(
        of work: ArraySlice<PredictionWork>, by model: ModelAddress, _ body: () async throws -> Outcome
    ) async rethrows -> Outcome {
        guard HeaderPropagation.isActive else { return try await body() }
        var contexts: [ServiceContext] = []
        var previous: UInt64?
        for item in work where item.request != previous {
            previous = item.request
            if item.origin.headers["traceparent"] != nil { contexts.append(HeaderPropagation.context(from: item.origin.headers)) }
        }
        guard let first = contexts.first else { return try await body() }
        let span = InstrumentationSystem.tracer.startSpan("\(queue) predict", context: first, ofKind: .internal)
        defer { span.end() }
        span.attributes["mlserving.model"] = "\(model)"
        span.attributes["mlserving.inputs"] = work.count
        for context in contexts.dropFirst() { span.addLink(SpanLink(context: context, attributes: [:])) }
        do {
            return try await ServiceContext.withValue(span.context) { try await body() }
        } catch {
            span.recordError(error)
            throw error
        }
    }

    /// What a predictor logs by.
    func logger(for work: ArraySlice<PredictionWork>, of model: ModelAddress) -> Logger {
        var logger = logger
        logger[metadataKey: LogKey.model] = "\(model)"
        var requests: [UInt64: String] = [:]
        for item in work { requests[item.request] = item.origin.id }
        logger[metadataKey: LogKey.request] =
            requests.count == 1 ? "\(work[work.startIndex].origin.id)" : .array(requests.values.sorted().map { "\($0)" })
        return logger
    }

    // MARK: Other attempts

    func retries(_ request: ActiveRequest, _ reason: ServingError, after delay: Duration) {
        attempts.increment()
        logger.info(
            "request is tried again",
            metadata: [
                LogKey.request: "\(request.id)", LogKey.attempt: "\(request.attempts + 1)", LogKey.delay: "\(delay)",
                LogKey.outcome: "\(reason.code)", LogKey.error: "\(reason.message)",
            ]
        )
    }

    func notRetried(_ request: ActiveRequest, _ error: any Error) {
        logger.warning(
            "request cannot be tried again, it is answered", metadata: [LogKey.request: "\(request.id)", LogKey.error: "\(error)"])
    }

    // MARK: Rights

    func lacksRight(_ error: TransportError) {
        logger.error(
            "a right is missing: no requests are taken in until it is granted, and none that are held is lost",
            metadata: [LogKey.error: "\(error)"])
    }

    func hasRightsAgain() {
        logger.notice("the missing right has been granted, requests are taken in again as soon as those that are held are done")
    }

    func hasNoRoute(_ error: TransportError) {
        logger.error("requests do not reach the queue", metadata: [LogKey.error: "\(error)"])
    }

    // MARK: Answers

    func retrying(_ what: String, _ request: ActiveRequest, _ error: TransportError) {
        retries.increment()
        logger.warning("\(what) not confirmed, trying again", metadata: [LogKey.request: "\(request.id)", LogKey.error: "\(error)"])
    }

    func reduces(_ request: ActiveRequest, _ reduction: DeadLetterReduction, _ error: TransportError) {
        logger.warning(
            "dead letter refused, keeping it without \(reduction.rawValue)",
            metadata: [LogKey.request: "\(request.id)", LogKey.error: "\(error)"])
    }

    func replyRefused(_ request: ActiveRequest, _ error: TransportError) {
        logger.error("reply refused by the broker", metadata: [LogKey.request: "\(request.id)", LogKey.error: "\(error)"])
    }

    func deadLettered(_ request: ActiveRequest, _ result: Result<Void, TransportError>) {
        switch result {
        case .success:
            deadLetters.increment()
            let reason = request.deadLetterReason?.code.rawValue ?? ""
            logger.info("request dead-lettered", metadata: [LogKey.request: "\(request.id)", LogKey.reason: "\(reason)"])
        case .failure(let error):
            logger.error("request lost for the dead letters", metadata: [LogKey.request: "\(request.id)", LogKey.error: "\(error)"])
        }
    }

    func unanswered(_ request: ActiveRequest, _ error: TransportError) {
        logger.info("nobody waits for the reply any more", metadata: [LogKey.request: "\(request.id)", LogKey.error: "\(error)"])
    }

    func stored(entries: Int, duplicates count: Int) {
        if count > 0 { duplicates.increment(by: count) }
        logger.trace("results stored", metadata: [LogKey.count: "\(entries)"])
    }

    func storeFailed(entries: Int, _ error: any Error) {
        retries.increment()
        logger.warning("results not stored, trying again", metadata: [LogKey.count: "\(entries)", LogKey.error: "\(error)"])
    }

    func resultRefused(_ request: ActiveRequest, _ error: TransportError) {
        refusedResults.increment()
        let what = request.isUnanswerable ? "result refused, and the caller cannot be told" : "result refused, the caller gets an error"
        logger.error("\(what)", metadata: [LogKey.request: "\(request.id)", LogKey.error: "\(error)"])
    }

    func resultGivenUp(_ request: ActiveRequest, _ error: TransportError) {
        refusedResults.increment()
        logger.error("result not stored while its caller waited", metadata: [LogKey.request: "\(request.id)", LogKey.error: "\(error)"])
    }

    /// Nothing depends on it, so it is told once.
    func notKept(_ error: TransportError) {
        guard !hasKeptNothing.exchange(true, ordering: .relaxed) else { return }
        logger.warning("an output is not kept for later inputs, this is told once", metadata: [LogKey.error: "\(error)"])
    }
}
