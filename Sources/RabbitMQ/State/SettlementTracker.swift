internal import DequeModule

/// Which deliveries of one incarnation of a consumer are open, and what is to be said to the broker about the others.
///
/// Acknowledgements of a turn are held until ``flush(_:)`` and then said in the fewest words: one for all deliveries up to the oldest open
/// one. A tag of another incarnation, or one settled before, is not passed on: the broker would close the channel for it.
struct SettlementTracker {
    /// What becomes of a delivery.
    enum Verdict: Equatable {
        case acknowledge
        case reject(requeue: Bool)
        case giveBack
    }

    /// What to say to the broker.
    enum Instruction: Equatable {
        case acknowledge(UInt64, multiple: Bool)
        case reject(UInt64, requeue: Bool)
        case giveBack(UInt64)
    }

    private enum State {
        case open
        case acknowledged
        case settled
    }

    let generation: UInt64
    private var states = Deque<State>()
    private var first: UInt64 = 1
    private var refusals: [Instruction] = []
    private var acknowledged: [UInt64] = []
    private(set) var openCount = 0

    init(generation: UInt64) {
        self.generation = generation
    }

    var hasInstructions: Bool { !refusals.isEmpty || !acknowledged.isEmpty }

    /// Notes a delivery; the broker counts them without gaps.
    mutating func deliver(_ number: UInt64) throws(RabbitMQError) -> DeliveryTag {
        guard number == first + UInt64(states.count) else {
            throw RabbitMQError(.protocolViolation, "the broker sent delivery \(number) out of order")
        }
        states.append(.open)
        openCount += 1
        return DeliveryTag(generation: generation, number: number)
    }

    /// Settles a delivery, unless it is unknown, stale or settled already.
    mutating func settle(_ tag: DeliveryTag, as verdict: Verdict) -> Bool {
        guard tag.generation == generation, tag.number >= first, tag.number - first < UInt64(states.count) else { return false }
        let index = Int(tag.number - first)
        guard states[index] == .open else { return false }
        openCount -= 1
        switch verdict {
        case .acknowledge:
            states[index] = .acknowledged
            acknowledged.append(tag.number)
        case .reject(let requeue):
            states[index] = .settled
            refusals.append(.reject(tag.number, requeue: requeue))
        case .giveBack:
            states[index] = .settled
            refusals.append(.giveBack(tag.number))
        }
        return true
    }

    /// Hands out what has not been said yet.
    ///
    /// Refusals come first: an acknowledgement of everything up to a number would cover them too.
    mutating func flush(_ say: (Instruction) -> Void) {
        for refusal in refusals { say(refusal) }
        refusals.removeAll(keepingCapacity: true)
        guard !acknowledged.isEmpty else {
            dropSettled()
            return
        }
        if acknowledged.count == 1 {
            let number = acknowledged[0]
            states[Int(number - first)] = .settled
            say(.acknowledge(number, multiple: false))
        } else {
            sayAcknowledgements(say)
        }
        acknowledged.removeAll(keepingCapacity: true)
        dropSettled()
    }

    private mutating func sayAcknowledgements(_ say: (Instruction) -> Void) {
        let prefix = states.firstIndex(of: .open) ?? states.endIndex
        var covered = 0
        if let last = states[..<prefix].lastIndex(of: .acknowledged) {
            covered = last + 1
            say(.acknowledge(first + UInt64(last), multiple: true))
            for index in 0..<covered { states[index] = .settled }
        }
        for number in acknowledged where number - first >= UInt64(covered) {
            states[Int(number - first)] = .settled
            say(.acknowledge(number, multiple: false))
        }
    }

    private mutating func dropSettled() {
        while states.first == .settled {
            states.removeFirst()
            first += 1
        }
    }
}
