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
    var sent: ContinuousClock.Instant?
    /// Whether the broker has the request safely.
    var isConfirmed = false
    /// Whether the store has told of a result.
    var isAnnounced = false
    /// Whether its end has come, so that nothing else matters.
    var isOver = false
    /// Why it has not; what the caller hears when time runs out over it.
    var obstacle: TransportError?

    init(request: OutboundRequest, isSubmission: Bool = false, recipient: Recipient) {
        self.request = request
        self.isSubmission = isSubmission
        self.recipient = recipient
    }
}
