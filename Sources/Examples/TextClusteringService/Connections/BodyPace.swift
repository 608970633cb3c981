internal import NIOCore

/// How fast a body comes, and until when more of it has to.
struct BodyPace {
    private let start: NIODeadline
    private let grace: TimeAmount
    private let limit: TimeAmount
    private let minimumRate: Int
    private var received: Int64 = 0

    init(start: NIODeadline, limits: ConnectionLimits) {
        self.start = start
        grace = TimeAmount(limits.bodyGrace)
        limit = TimeAmount(limits.bodyTimeout)
        minimumRate = limits.minimumBodyRate
    }

    /// Counts bytes that have come.
    mutating func receive(_ count: Int) {
        let (sum, overflow) = received.addingReportingOverflow(Int64(count))
        received = overflow ? .max : sum
    }

    /// Until when the body has to be complete, or more of it there.
    var deadline: NIODeadline {
        // Exact enough, and cannot overflow.
        let seconds = min(Double(received) / Double(minimumRate), 86_400)
        return min(start + limit, start + grace + .nanoseconds(Int64(seconds * 1e9)))
    }

    /// What is said of a body that missed its deadline.
    var complaint: String {
        "\(received) bytes of the body came in time; it has to come at \(minimumRate) bytes/s or more, and within \(limit.seconds) s"
    }
}

extension TimeAmount {
    fileprivate var seconds: Double { Double(nanoseconds) / 1e9 }
}
