/// A message that a consumer publishes, and what becomes of it when the broker does not take it.
///
/// A value without clock or broker: it is told of each failure and says what to do.
struct Publication: Sendable {
    /// What the message is, as it is logged.
    enum Purpose: String, Sendable {
        case suspect
        case retry
        case postponement
        case deadLetter = "dead letter"
        case reply
        case giveBack = "return to the queue"
    }

    /// What to do after a failure.
    enum Decision: Equatable {
        /// Try again after a while.
        case retry(after: Duration, declaring: Bool)
        case giveUp
    }

    /// How long a queue that is full, or is gone again as soon as it was declared, is tried, whatever the request's deadline.
    static let patience = Duration.seconds(30)

    let purpose: Purpose
    let message: Message
    let route: Route
    /// The consumer's own queue that the message goes to, which it declares if it is not there; `nil` for the queue of somebody else.
    let queue: QueueDefinition?
    /// When nobody needs the message any more; `nil`: it is needed whatever happens.
    let end: ContinuousClock.Instant?
    private(set) var backoff = Backoff()
    private var refusedSince: ContinuousClock.Instant?

    init(
        _ purpose: Purpose, _ message: Message, to route: Route, declaring queue: QueueDefinition? = nil,
        until end: ContinuousClock.Instant?
    ) {
        self.purpose = purpose
        self.message = message
        self.route = route
        self.queue = queue
        self.end = end
    }

    /// For a queue of the consumer's own.
    init(_ purpose: Purpose, _ message: Message, to queue: QueueDefinition, until end: ContinuousClock.Instant?) {
        self.init(purpose, message, to: Route(routingKey: queue.name), declaring: queue, until: end)
    }

    /// A connection that is away is waited for until the end. A queue that is full, or one that was declared and is still not there, is tried
    /// for as long, or for ``patience`` if there is no end. The queue of dead letters is waited for however long it is missing: leaving out
    /// parts of the letter does not help. Anything else lasts, and is never tried again.
    ///
    /// Not for an error that the consumer lacks a right: that one is no failure of the publication.
    mutating func failed(
        with error: TransportError, at now: ContinuousClock.Instant, using generator: inout some RandomNumberGenerator
    ) -> Decision {
        let isMissing = error.isMissingTarget && queue != nil
        guard error.isTemporary || error.isCongestion || isMissing else { return .giveUp }
        var limit = end
        if !error.isTemporary, !(isMissing && purpose == .deadLetter) {
            let since = refusedSince ?? now
            refusedSince = since
            limit = end ?? since + Self.patience
        }
        let delay = backoff.next(using: &generator)
        if let limit, now + delay >= limit { return .giveUp }
        return .retry(after: delay, declaring: isMissing)
    }
}
