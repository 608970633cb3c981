/// Decides, twice per heartbeat interval, whether to show a sign of life and whether the peer still shows any.
struct HeartbeatMonitor {
    enum Action: Equatable {
        case none
        case send
        case giveUp
    }

    /// Silence of two intervals is four times from one look to the next.
    private static let patience = 5

    private var received: UInt64 = 0
    private var sent: UInt64 = 0
    private var silentLooks = 0

    /// - Parameters:
    ///   - received: What grows with everything that the connection receives.
    ///   - sent: What grows with everything that it sends but heartbeats.
    ///   - isReading: Whether anything would have been received; silence is not the peer's fault otherwise.
    mutating func look(received: UInt64, sent: UInt64, isReading: Bool = true) -> Action {
        silentLooks = received == self.received && isReading ? silentLooks + 1 : 0
        let sentNothing = sent == self.sent
        self.received = received
        self.sent = sent
        if silentLooks >= Self.patience { return .giveUp }
        return sentNothing ? .send : .none
    }
}
