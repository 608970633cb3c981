internal import EventLoop

/// A request that a consumer holds: what is known of it and what has come out so far.
///
/// `@unchecked Sendable`: used on the consumer engine's executor only, where its closures run too.
final class ActiveRequest: @unchecked Sendable {
    let key: UInt64
    let id: String
    let destination: ResultDestination?
    /// When its caller stops waiting.
    let deadline: ContinuousClock.Instant?
    let accepted: ContinuousClock.Instant
    /// From publishing to acceptance, by the clocks of two machines.
    let queued: Duration
    /// The deliveries that settle it: more than one when the request was published or delivered more than once.
    private(set) var tags: [DeliveryTag]
    var predicting = Duration.zero
    var isAnswering = false
    private(set) var isStarted = false
    private(set) var outcomes: [ResultRecord.Outcome?] = []

    private let message: Message
    private var codec: any PayloadCodec = MessagePackCodec()
    private var missing = 0
    private var started: ContinuousClock.Instant?

    init(key: UInt64, delivery: Delivery, destination: ResultDestination?, executor: any TimedExecutor) {
        self.key = key
        self.destination = destination
        tags = [delivery.tag]
        message = delivery.message
        id = InboundRequest.id(of: message)
        accepted = executor.now
        if let unixDeadline = message.headers[MessageHeader.deadline]?.integer {
            let (left, overflow) = unixDeadline.subtractingReportingOverflow(executor.unixMilliseconds)
            // Further away than a year is as good as never, and cannot overflow a clock.
            deadline = overflow || left > 31_536_000_000 ? nil : accepted + .milliseconds(left)
            let waited = (message.timeToLive ?? .zero) - .milliseconds(left)
            queued = message.timeToLive == nil || overflow ? .zero : min(max(.zero, waited), .seconds(31_536_000))
        } else {
            deadline = nil
            queued = .zero
        }
    }

    var inputCount: Int { outcomes.count }
    var context: [String: HeaderValue] { message.headers }

    /// Takes in another delivery of the same request. Those of an earlier connection have gone stale.
    func add(_ tag: DeliveryTag) {
        tags.removeAll { $0.generation != tag.generation }
        tags.append(tag)
    }

    func begin(_ inbound: InboundRequest) {
        codec = inbound.codec
        outcomes = Array(repeating: nil, count: inbound.inputs.count)
        missing = inbound.inputs.count
    }

    func start(at now: ContinuousClock.Instant) {
        isStarted = true
        started = now
    }

    func isExpired(at now: ContinuousClock.Instant) -> Bool {
        deadline.map { $0 <= now } ?? false
    }

    /// Every input that has no outcome yet gets this error.
    func fail(with error: ServingError) {
        if outcomes.isEmpty { outcomes = [nil] }
        outcomes = outcomes.map { $0 ?? .failure(error) }
        missing = 0
    }

    /// Keeps an outcome; `true` when it was the last one missing.
    func set(_ outcome: ResultRecord.Outcome, at index: Int) -> Bool {
        guard outcomes[index] == nil else { return false }
        outcomes[index] = outcome
        missing -= 1
        return missing == 0
    }

    /// Why the request goes to the dead letters, if it does: nobody here can serve it, now or later.
    var deadLetterReason: ServingError? {
        for case .failure(let error)? in outcomes where error.code != .expired && error.code != .cancelled { return error }
        return nil
    }

    // MARK: Messages that come of it

    private var record: [UInt8] {
        let record = ResultRecord(
            requestID: id,
            outcomes: outcomes.compactMap { $0 },
            times: .init(
                queued: queued.microseconds,
                batching: ((started ?? accepted) - accepted).microseconds,
                predicting: predicting.microseconds
            )
        )
        // Only the text of an error message could fail to encode, and text always can be.
        return (try? codec.encode(record: record)) ?? []
    }

    func storeEntry(timeToLive: Duration) -> StoreEntry? {
        guard case .store(let key)? = destination else { return nil }
        return StoreEntry(key: key, value: record, timeToLive: timeToLive)
    }

    func reply(correlationID: String?) -> Message? {
        Message(body: record, contentType: codec.contentType.rawValue, correlationID: correlationID)
    }

    /// The request as it came, with the reason beside it.
    func deadLetter(because reason: ServingError, from queue: String) -> Message {
        var letter = message
        letter.timeToLive = nil
        letter.headers[MessageHeader.deadLetterReason] = .string(reason.code.rawValue)
        letter.headers[MessageHeader.deadLetterMessage] = .string(reason.message)
        letter.headers[MessageHeader.deadLetterQueue] = .string(queue)
        return letter
    }
}

/// Inputs on their way to a prediction thread.
struct PredictionBatch: Sendable {
    let work: [PredictionWork]
    /// The earliest deadline among them.
    let deadline: ContinuousClock.Instant?
}

/// A batch on its way back.
struct PredictedBatch: Sendable {
    let batch: PredictionBatch
    let outcomes: [ResultRecord.Outcome]
    let duration: Duration
}

extension ServingError {
    static func deadlinePassed(before what: String) -> ServingError {
        ServingError(code: .expired, message: "the deadline passed before \(what)", isRetryable: true)
    }
}
