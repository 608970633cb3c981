internal import EventLoop

/// The queues that a consumer takes requests from.
enum Intake: Int, Sendable, CaseIterable {
    /// The queue of requests.
    case requests
    /// The queue of those that were under way when a consumer was lost.
    case suspects
}

/// A delivery that is to be settled.
struct HeldDelivery: Sendable, Hashable {
    let intake: Intake
    let tag: DeliveryTag
}

/// A request that a consumer holds: what is known of it and what has come out so far.
///
/// `@unchecked Sendable`: used on the consumer engine's executor only, where its closures run too.
final class ActiveRequest: @unchecked Sendable {
    /// How far it has come.
    enum Stage: Sendable {
        /// No prediction has begun on it.
        case waiting
        /// One has.
        case predicting
        /// Its outcome, or the request itself, is on its way to where it belongs. Then the delivery is settled.
        case leaving
    }

    let key: UInt64
    let id: String
    let destination: ResultDestination?
    /// Why it is not served: its answer may not go where it wants it.
    let rejection: ServingError?
    /// What tells it from others, if anything does.
    var identity: RequestIdentity?
    let encoding: RequestEncoding
    /// How long its result is to be kept, if it says so.
    private(set) var resultTimeToLive: Duration?
    /// When its caller stops waiting, or by when the prediction of a task has to begin.
    let deadline: ContinuousClock.Instant?
    let accepted: ContinuousClock.Instant
    /// From publishing to acceptance, by the clocks of two machines.
    let queued: Duration
    /// How many times it was tried before.
    let attempts: Int
    /// The deliveries that settle it: more than one when the request was published or delivered more than once.
    private(set) var deliveries: [HeldDelivery]
    private(set) var stage = Stage.waiting
    private(set) var outcomes: [ResultRecord.Outcome?] = []
    private(set) var started: ContinuousClock.Instant?
    var predicting = Duration.zero
    var isCancelled = false
    /// Whether it has to be set aside: a consumer may have been lost over it.
    var isSuspected = false
    /// Whether it was delivered before and is predicted like any other all the same: its prediction leaves a mark.
    var isOnTrial = false
    /// The error that has taken the place of a result that cannot be delivered.
    private(set) var refusal: ServingError?
    /// Whether not even an error can be delivered.
    var isUnanswerable = false
    /// Whether it rests with the dead letters.
    var isDeadLettered = false

    let message: Message
    /// Why the message is not the one that was published, and has no body; `nil`: it is.
    let defect: String?
    /// Whether it was delivered before, so that a consumer may have been lost over it.
    let isRedelivered: Bool
    private var missing = 0

    init(
        key: UInt64, delivery: Delivery, from intake: Intake, destination: ResultDestination?, rejection: ServingError? = nil,
        encoding: RequestEncoding, executor: any TimedExecutor
    ) {
        self.key = key
        self.encoding = encoding
        self.destination = destination
        self.rejection = rejection
        deliveries = [HeldDelivery(intake: intake, tag: delivery.tag)]
        message = delivery.message
        defect = delivery.defect
        isRedelivered = delivery.isRedelivered
        id = encoding.foreign?.id ?? InboundRequest.id(of: message)
        attempts = Int(min(max(0, message.headers[MessageHeader.attempt]?.integer ?? 0), 1_000_000))
        accepted = executor.now
        let stated = encoding.foreign.map({ $0.deadline }) ?? message.headers[MessageHeader.deadline]?.integer
        if let unixDeadline = stated {
            let (left, overflow) = unixDeadline.subtractingReportingOverflow(executor.unixMilliseconds)
            // Further away than a year is as good as never, and cannot overflow a clock.
            deadline = overflow || left > 31_536_000_000 ? nil : accepted + .milliseconds(left)
            let published = overflow ? nil : message.timeToLive.map { $0 - .milliseconds(left) }
            queued = Self.timeInQueue(published ?? Self.age(of: message, at: executor))
        } else {
            deadline = nil
            queued = Self.timeInQueue(Self.age(of: message, at: executor))
        }
    }

    /// The time since a message was made, to the second; zero when it does not say.
    private static func age(of message: Message, at executor: any TimedExecutor) -> Duration {
        guard let timestamp = message.timestamp, let seconds = Int64(exactly: timestamp), seconds < .max / 1_000 else { return .zero }
        return .milliseconds(executor.unixMilliseconds) - .seconds(seconds)
    }

    /// The clocks of two machines may differ, and a header may say anything.
    private static func timeInQueue(_ time: Duration) -> Duration {
        min(max(.zero, time), .seconds(31_536_000))
    }

    var inputCount: Int { outcomes.count }
    var context: MessageHeaders { message.headers }
    var foreign: (any ForeignRequest)? { encoding.foreign }

    /// Whether the deadline is only the time by which its prediction has to begin: nobody waits for submitted work, nor for Celery's tasks.
    var isTask: Bool { foreign != nil || message.headers[MessageHeader.task] == .bool(true) }

    /// Takes in another delivery of the same request. Those of an earlier connection have gone stale.
    func add(_ delivery: HeldDelivery) {
        deliveries.removeAll { $0.intake == delivery.intake && $0.tag.generation != delivery.tag.generation }
        deliveries.append(delivery)
    }

    func begin(_ inbound: InboundRequest) {
        outcomes = Array(repeating: nil, count: inbound.inputs.count)
        missing = inbound.inputs.count
        resultTimeToLive = inbound.content.resultTimeToLive
    }

    func start(at now: ContinuousClock.Instant) {
        stage = .predicting
        started = now
    }

    func leave() {
        stage = .leaving
    }

    func isMarked(in cancelled: CancelledRequests) -> Bool {
        (foreign?.id ?? cancelName).map { cancelled.contains($0) } ?? false
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

    /// Puts one small error in the place of a result that cannot be delivered, however many inputs there were.
    ///
    /// What ``storeEntry(timeToLive:compression:unixMilliseconds:)`` and ``reply(correlationID:compression:unixMilliseconds:)`` make from then
    /// on tells the error.
    func refuse(with error: ServingError) {
        refusal = error
        outcomes = [.failure(error)]
        missing = 0
    }

    /// Keeps an outcome; `true` when it was the last one missing.
    func set(_ outcome: ResultRecord.Outcome, at index: Int) -> Bool {
        guard outcomes[index] == nil else { return false }
        outcomes[index] = outcome
        missing -= 1
        return missing == 0
    }

    /// Lets go of the outputs, which an answer has been made of.
    func forgetOutputs() {
        outcomes.removeAll { outcome in
            if case .success? = outcome { true } else { false }
        }
    }

    /// What went wrong with the request itself, for which it is tried again or laid with the dead letters.
    private var failures: some Sequence<ServingError> {
        outcomes.lazy.compactMap { outcome in
            if case .failure(let error)? = outcome, error.code.row.restsWithDeadLetters { error } else { nil }
        }
    }

    /// Whether its client asks again for what fails.
    private var isCoalesced: Bool { message.headers[MessageHeader.coalesced] == .bool(true) }

    /// Why another attempt may help, if it may.
    var retryReason: ServingError? {
        isCancelled || isCoalesced ? nil : failures.first { $0.isRetryable }
    }

    /// Why the request goes to the dead letters, if it does: nobody here can serve it, now or later.
    var deadLetterReason: ServingError? {
        // A client that cannot be told does not ask again.
        isCoalesced && !isUnanswerable ? rejection : failures.first { _ in true }
    }
}

/// Inputs on their way to a prediction thread.
struct PredictionBatch: Sendable {
    let work: [PredictionWork]
    /// The earliest deadline among them.
    let deadline: ContinuousClock.Instant?
    let reason: BatchReleaseReason
    /// What the store has to say before it is predicted, by request.
    var marks: [UInt64: BegunMark] = [:]

    var cost: Double { work.reduce(0) { $0 + $1.cost } }
}

/// A batch on its way back.
struct PredictedBatch: Sendable {
    let batch: PredictionBatch
    let outcomes: [ResultRecord.Outcome]
    let duration: Duration

    /// Whether at least one input has been predicted.
    var hasSucceeded: Bool {
        outcomes.contains { outcome in
            if case .success = outcome { true } else { false }
        }
    }

    /// Whether it took what such a batch takes. One that failed was halved, and a suspect has not been weighed.
    var tellsTime: Bool {
        batch.reason != .alone
            && outcomes.allSatisfy { outcome in
                if case .success = outcome { true } else { false }
            }
    }
}

extension ServingError {
    static func deadlinePassed(before what: String) -> ServingError {
        ServingError(code: .expired, message: "the deadline passed before \(what)")
    }
}
