/// A request under way, and who waits for its end. A class, so that looking one up copies nothing.
///
/// `@unchecked Sendable`: used on the engine's executor only, where its closures run too.
final class Waiter: @unchecked Sendable {
    /// Who is told of the end of a request.
    enum Recipient {
        case caller(UnsafeContinuation<[UInt8], any Error>)
        case group(CallGroup)

        func fail(_ error: any Error) {
            switch self {
            case .caller(let continuation): continuation.resume(throwing: error)
            case .group(let group): group.fail(error)
            }
        }
    }

    let request: OutboundRequest
    /// Whether the caller waits for the broker's confirmation only; somebody reads the result later.
    let isSubmission: Bool
    let recipient: Recipient
    /// The requests of the same queue.
    var lane: Lane?
    var sent: ContinuousClock.Instant?
    /// Whether the broker has the request safely.
    var isConfirmed = false
    /// Whether the store has told of a result.
    var isAnnounced = false
    /// Whether its end has come, so that nothing else matters.
    var isOver = false
    /// Why it has not; what the caller hears when time runs out over it.
    var obstacle: TransportError?
    /// When to publish again what the broker did not take.
    private var backoff = Backoff(maximum: .seconds(1))
    /// When to publish again what found no queue: one that is about to be declared should not be waited for longer than it takes.
    private var search = Backoff(base: .milliseconds(20), maximum: .milliseconds(250))
    /// Since when there has been no queue for it.
    private var missingSince: ContinuousClock.Instant?

    /// How long a queue that does not exist is waited for, as a consumer may be about to declare it.
    static let queuePatience = Duration.seconds(5)

    init(request: OutboundRequest, isSubmission: Bool = false, recipient: Recipient) {
        self.request = request
        self.isSubmission = isSubmission
        self.recipient = recipient
    }

    /// Takes note of a failure.
    ///
    /// - Returns: After how long to publish again, and whether the failure is worth a log line; `nil`: not at all.
    func failed(
        with error: TransportError, at now: ContinuousClock.Instant, using generator: inout some RandomNumberGenerator
    ) -> (delay: Duration, isWorthLogging: Bool)? {
        obstacle = error
        // A queue that has just been declared may not have found its leader yet, and refuses messages as a full one does.
        if error.isMissingTarget || error.isCongestion && missingSince != nil {
            let since = missingSince ?? now
            missingSince = since
            let delay = search.next(using: &generator)
            return now + delay > since + Self.queuePatience ? nil : (delay, search.isWorthLogging)
        }
        missingSince = nil
        guard error.isTemporary else { return nil }
        let delay = backoff.next(using: &generator)
        return (delay, backoff.isWorthLogging)
    }
}
