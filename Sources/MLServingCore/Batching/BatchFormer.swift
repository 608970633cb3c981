internal import DequeModule

/// Decides which waiting inputs are predicted together, and when.
///
/// A value without clock or threads: it is told the time, and says what to do. It is asked only while a prediction thread is free, so
/// while all are busy it just collects.
struct BatchFormer<Item> {
    /// Why a batch was released.
    enum Reason: String, Sendable, CaseIterable {
        /// It has as many inputs as are allowed.
        case full
        /// Its first input has waited as long as is allowed.
        case delay
        /// Its only input must not share a batch.
        case alone
    }

    /// What to do.
    enum Decision {
        /// Predict these.
        case release([Item], Reason)
        /// Ask again at that time, or when more has arrived.
        case wait(until: ContinuousClock.Instant)
        /// Nothing waits.
        case idle
    }

    private struct Waiting {
        let item: Item
        let arrival: ContinuousClock.Instant
        let runsAlone: Bool
    }

    private let limits: BatchLimits
    private var waiting: Deque<Waiting> = []

    init(limits: BatchLimits) {
        self.limits = limits
    }

    /// How many inputs wait.
    var count: Int { waiting.count }

    /// Takes an input in.
    mutating func add(_ item: Item, at now: ContinuousClock.Instant, runsAlone: Bool = false) {
        waiting.append(Waiting(item: item, arrival: now, runsAlone: runsAlone))
    }

    /// What a free prediction thread should do. Inputs are released in the order of their arrival.
    mutating func next(at now: ContinuousClock.Instant) -> Decision {
        guard let first = waiting.first else { return .idle }
        if first.runsAlone { return .release(take(1), .alone) }
        let sharing = waiting.prefix(limits.maximumCount).prefix { !$0.runsAlone }.count
        if sharing == limits.maximumCount { return .release(take(sharing), .full) }
        let end = first.arrival + limits.maximumDelay
        // What comes behind must run alone, so this batch cannot grow any more.
        let isClosed = sharing < waiting.count
        return end <= now || isClosed ? .release(take(sharing), .delay) : .wait(until: end)
    }

    /// Removes what waits and meets a condition.
    mutating func removeAll(where shouldRemove: (Item) -> Bool) {
        waiting.removeAll { shouldRemove($0.item) }
    }

    private mutating func take(_ count: Int) -> [Item] {
        let items = waiting.prefix(count).map(\.item)
        waiting.removeFirst(count)
        return items
    }
}
