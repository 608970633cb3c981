/// Decides, at regular looks, whether a peer that says nothing is asked for a sign of life, and whether it is given up.
///
/// Heartbeats would do, but their interval also binds the client: a broker gives up one that is held up for twice as long. A question binds
/// the broker alone. Looks are counted and not time, so that a client that was held up itself does not blame the broker.
struct SilenceMonitor {
    enum Action: Equatable {
        case none
        /// Ask something that must be answered.
        case probe
        case giveUp
    }

    /// The time from one look to the next.
    static let interval = Duration.milliseconds(1_500)
    /// How long a silent peer goes unnoticed: one look may come just after the last sign of life.
    static var patience: Duration { interval * (silentLookMaximum + 1) }

    private static let silentLooksBeforeProbe = 2
    private static let silentLookMaximum = 5

    private var received: UInt64 = 0
    private var silentLooks = 0

    /// - Parameters:
    ///   - received: What grows with everything that the connection receives.
    ///   - isAnswering: Whether the peer would be heard, and takes questions: a broker that blocks a connection does not read from it.
    mutating func look(received: UInt64, isAnswering: Bool) -> Action {
        silentLooks = received == self.received && isAnswering ? silentLooks + 1 : 0
        self.received = received
        if silentLooks >= Self.silentLookMaximum { return .giveUp }
        return silentLooks == Self.silentLooksBeforeProbe ? .probe : .none
    }
}
