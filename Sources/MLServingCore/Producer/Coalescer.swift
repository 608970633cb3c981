/// Decides which calls share a message, and when it leaves.
///
/// A value without clock or threads: it is told the time and says what to send.
struct Coalescer {
    private let limits: Coalescing
    /// What is collected, by what its calls have in common.
    private var groups: [CoalescingKey: CallGroup] = [:]

    init(_ limits: Coalescing) {
        self.limits = limits
    }

    var isEmpty: Bool { groups.isEmpty }

    /// When the first group is due.
    var nextDue: ContinuousClock.Instant? { groups.values.map { $0.arrival + limits.window }.min() }

    /// Takes a call in.
    ///
    /// - Returns: What is to be sent now, because it has reached a limit.
    mutating func add(_ call: CoalescedCall, at now: ContinuousClock.Instant) -> [CallGroup] {
        var full: [CallGroup] = []
        if let group = groups[call.key], group.byteCount + call.input.count > limits.maximumBytes {
            full.append(group)
            groups[call.key] = nil
        }
        if groups[call.key]?.append(call) == nil { groups[call.key] = CallGroup(call, arrival: now) }
        if let group = groups[call.key], group.calls.count >= limits.maximumCount || group.byteCount >= limits.maximumBytes {
            full.append(group)
            groups[call.key] = nil
        }
        return full
    }

    /// Takes a call out again; `false` when it has left.
    mutating func remove(_ call: CoalescedCall) -> Bool {
        guard groups[call.key]?.remove(call) == true else { return false }
        if groups[call.key]?.calls.isEmpty == true { groups[call.key] = nil }
        return true
    }

    /// What has waited long enough.
    mutating func takeDue(at now: ContinuousClock.Instant) -> [CallGroup] {
        let due = groups.values.filter { $0.arrival + limits.window <= now }
        for group in due { groups[group.key] = nil }
        return due.sorted { $0.arrival < $1.arrival }
    }

    /// Everything.
    mutating func takeAll() -> [CallGroup] {
        defer { groups = [:] }
        return groups.values.sorted { $0.arrival < $1.arrival }
    }
}
