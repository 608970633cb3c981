/// When a quiet peer is asked for a sign of life, and when a silent one is given up.
struct Heartbeat {
    typealias Instant = ContinuousClock.Instant

    enum Action: Equatable {
        case none
        case ping
        case giveUp
    }

    private let interval: Duration
    private let patience: Duration
    private var lastSign: Instant
    private var isOwed = false

    /// - Parameters:
    ///   - interval: The silence after which to ask.
    ///   - patience: The silence after which to give up, once something has been asked.
    init(interval: Duration, patience: Duration, now: Instant) {
        self.interval = interval
        self.patience = patience
        lastSign = now
    }

    /// When to look next.
    var deadline: Instant { lastSign.advanced(by: isOwed ? patience : interval) }

    /// Something was asked.
    mutating func sent(now: Instant) {
        if !isOwed { lastSign = now }
        isOwed = true
    }

    /// Something came.
    mutating func received(owesMore: Bool, now: Instant) {
        lastSign = now
        isOwed = owesMore
    }

    func look(now: Instant) -> Action {
        if now < deadline { return .none }
        return isOwed ? .giveUp : .ping
    }
}
