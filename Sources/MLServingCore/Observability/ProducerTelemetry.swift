internal import Logging
internal import Metrics
internal import Synchronization
internal import Tracing

/// What a producer tells of itself: the one place where its metrics, logs and spans are made.
final class ProducerTelemetry: Sendable {
    /// What is told of the requests of one queue.
    private struct Meter: Sendable {
        let queue: String
        let roundTrip: Metrics.Timer
        let requests: Counter
        let failures: Counter

        init(queue: String) {
            self.queue = queue
            let dimensions = [("queue", queue)]
            roundTrip = Metrics.Timer(label: "mlserving_producer_round_trip_seconds", dimensions: dimensions)
            requests = Counter(label: "mlserving_producer_requests_total", dimensions: dimensions)
            failures = Counter(label: "mlserving_producer_failures_total", dimensions: dimensions)
        }
    }

    private let logger: Logger
    /// That of the configured route, and those of the models that have been asked.
    private let meter: Meter
    private let modelMeters = Mutex<[String: Meter]>([:])
    private let retries: Counter
    private let pending: Gauge
    /// Whether anybody looks at spans, which had to be installed before the client is used.
    private let isTraced: Bool

    init(queue: String, producerID: String, logger: Logger) {
        var logger = logger
        logger[metadataKey: LogKey.queue] = "\(queue)"
        logger[metadataKey: LogKey.producer] = "\(producerID)"
        self.logger = logger
        let dimensions = [("queue", queue)]
        meter = Meter(queue: queue)
        retries = Counter(label: "mlserving_producer_publish_retries_total", dimensions: dimensions)
        isTraced = !(InstrumentationSystem.tracer is NoOpTracer)
        pending = Gauge(label: "mlserving_producer_in_flight", dimensions: dimensions)
    }

    func ready() {
        logger.debug("producer ready")
    }

    func inFlight(_ count: Int) {
        pending.record(count)
    }

    /// Runs a request inside a client span.
    ///
    /// - Parameters:
    ///   - model: The model that is asked; `nil`: the one that the configured route leads to.
    ///   - send: Is given the headers that carry the span's context.
    func request<Answer>(
        to model: ModelAddress?,
        inputs: Int,
        isolation: isolated (any Actor)? = #isolation,
        _ send: (MessageHeaders) async throws -> Answer
    ) async throws -> Answer {
        let meter = model.map { self.meter(of: $0.queue) } ?? meter
        meter.requests.increment()
        let start = ContinuousClock.now
        guard isTraced else {
            defer { meter.roundTrip.recordNanoseconds((ContinuousClock.now - start).microseconds * 1_000) }
            do {
                return try await send([:])
            } catch {
                meter.failures.increment()
                throw error
            }
        }
        let span = InstrumentationSystem.tracer.startSpan("\(meter.queue) predict", ofKind: .client)
        defer {
            meter.roundTrip.recordNanoseconds((ContinuousClock.now - start).microseconds * 1_000)
            span.end()
        }
        span.attributes["messaging.system"] = "rabbitmq"
        span.attributes["messaging.destination.name"] = meter.queue
        span.attributes["mlserving.inputs"] = inputs
        var headers: MessageHeaders = [:]
        InstrumentationSystem.instrument.inject(span.context, into: &headers, using: HeaderPropagation())
        do {
            return try await send(headers)
        } catch {
            meter.failures.increment()
            span.recordError(error)
            throw error
        }
    }

    /// The meter of a queue. Whoever asks models without end must not make metrics without end.
    private func meter(of queue: String) -> Meter {
        if queue == meter.queue { return meter }
        return modelMeters.withLock { meters in
            if let meter = meters[queue] { return meter }
            let name = meters.count < 256 ? queue : "other"
            let meter = meters[name] ?? Meter(queue: name)
            meters[name] = meter
            return meter
        }
    }

    func retrying(_ id: String?, _ error: TransportError) {
        retries.increment()
        logger.info("request not confirmed, publishing it again", metadata: [LogKey.request: "\(id ?? "")", LogKey.error: "\(error)"])
    }

    func readFailed(keys: Int, _ error: any Error) {
        logger.info("results not read, they are read again", metadata: [LogKey.count: "\(keys)", LogKey.error: "\(error)"])
    }

    func announcements(_ change: Announcements.Change, pollInterval: Duration) {
        switch change {
        case .fellSilent:
            let message = "the store no longer tells of results; they are looked for until it does: check notify-keyspace-events"
            logger.warning("\(message)", metadata: [LogKey.delay: "\(pollInterval)"])
        case .isHeardAgain:
            logger.notice("the store tells of results again")
        }
    }

    func storeLostData(publishingAgain count: Int) {
        retries.increment(by: count)
        logger.warning("the store has lost its data, publishing again what is waited for", metadata: [LogKey.count: "\(count)"])
    }

    func markerFailed(_ error: any Error) {
        logger.info("the store takes no marker now, a loss of its data is noticed later", metadata: [LogKey.error: "\(error)"])
    }

    func lossesGoUnnoticed(_ error: any Error) {
        logger.notice("the store lets us leave no marker, a loss of its data would not be noticed", metadata: [LogKey.error: "\(error)"])
    }

    func notMarked(_ count: Int, _ error: any Error) {
        logger.info(
            "cancelled requests not marked, they end with their deadlines", metadata: [LogKey.count: "\(count)", LogKey.error: "\(error)"])
    }

    func notListening(to key: String, _ error: any Error) {
        logger.info(
            "the store does not announce a result, it is looked for", metadata: [LogKey.resultKey: "\(key)", LogKey.error: "\(error)"])
    }

    func expired(_ id: String?) {
        logger.info("no result before the deadline", metadata: [LogKey.request: "\(id ?? "")"])
    }
}
