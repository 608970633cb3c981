internal import Logging
internal import Metrics
internal import Tracing

/// What a producer tells of itself: the one place where its metrics, logs and spans are made.
struct ProducerTelemetry: Sendable {
    private let queue: String
    private let logger: Logger
    private let roundTrip: Metrics.Timer
    private let requests: Counter
    private let failures: Counter
    private let retries: Counter
    private let pending: Gauge
    /// Whether anybody looks at spans, which had to be installed before the client is used.
    private let isTraced: Bool

    init(queue: String, producerID: String, logger: Logger) {
        var logger = logger
        logger[metadataKey: LogKey.queue] = "\(queue)"
        logger[metadataKey: LogKey.producer] = "\(producerID)"
        self.queue = queue
        self.logger = logger
        let dimensions = [("queue", queue)]
        roundTrip = Metrics.Timer(label: "mlserving_producer_round_trip_seconds", dimensions: dimensions)
        requests = Counter(label: "mlserving_producer_requests_total", dimensions: dimensions)
        failures = Counter(label: "mlserving_producer_failures_total", dimensions: dimensions)
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
    /// - Parameter send: Is given the headers that carry the span's context.
    func request<Answer>(
        inputs: Int,
        isolation: isolated (any Actor)? = #isolation,
        _ send: (MessageHeaders) async throws -> Answer
    ) async throws -> Answer {
        requests.increment()
        let start = ContinuousClock.now
        guard isTraced else {
            defer { roundTrip.recordNanoseconds((ContinuousClock.now - start).microseconds * 1_000) }
            do {
                return try await send([:])
            } catch {
                failures.increment()
                throw error
            }
        }
        let span = InstrumentationSystem.tracer.startSpan("\(queue) predict", ofKind: .client)
        defer {
            roundTrip.recordNanoseconds((ContinuousClock.now - start).microseconds * 1_000)
            span.end()
        }
        span.attributes["messaging.system"] = "rabbitmq"
        span.attributes["messaging.destination.name"] = queue
        span.attributes["mlserving.inputs"] = inputs
        var headers: MessageHeaders = [:]
        InstrumentationSystem.instrument.inject(span.context, into: &headers, using: HeaderPropagation())
        do {
            return try await send(headers)
        } catch {
            failures.increment()
            span.recordError(error)
            throw error
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
