/// Decides, twice per heartbeat interval, whether to show a sign of life and whether the peer still shows any.
struct HeartbeatMonitor {
    enum Action: Equatable {
        case none
        case send
        case giveUp
    }

    /// Silence of two intervals is four looks.
    private static let patience = 4

    private var bytesRead: UInt64 = 0
    private var bytesWritten: UInt64 = 0
    private var silentLooks = 0

    /// - Parameters:
    ///   - bytesRead: How many bytes the connection has received so far.
    ///   - bytesWritten: How many bytes it has sent so far.
    ///   - isReading: Whether bytes would have been received; silence is not the peer's fault otherwise.
    mutating func look(bytesRead: UInt64, bytesWritten: UInt64, isReading: Bool = true) -> Action {
        silentLooks = bytesRead == self.bytesRead && isReading ? silentLooks + 1 : 0
        let wroteNothing = bytesWritten == self.bytesWritten
        self.bytesRead = bytesRead
        self.bytesWritten = bytesWritten
        if silentLooks >= Self.patience { return .giveUp }
        return wroteNothing ? .send : .none
    }
}
