internal import DequeModule

/// Why a batch was released.
enum BatchReleaseReason: String, Sendable, CaseIterable {
    /// It has as many inputs as are allowed.
    case full
    /// Its first input has waited as long as is allowed.
    case delay
    /// Its only input must not share a batch.
    case alone
}

/// Decides which waiting inputs are predicted together, and when.
///
/// A value without clock or threads: it is told the time, and says what to do. It is asked only while a prediction thread is free, so
/// while all are busy it just collects.
struct BatchFormer<Item> {
    /// What to do.
    enum Decision {
        /// Predict these.
        case release([Item], BatchReleaseReason)
        /// Ask again at that time, or when more has arrived.
        case wait(until: ContinuousClock.Instant)
        /// Nothing waits.
        case idle
    }

    private struct Waiting {
        let item: Item
        let arrival: ContinuousClock.Instant
    }

    private let limits: BatchLimits
    private var waiting: Deque<Waiting> = []

    init(limits: BatchLimits) {
        self.limits = limits
    }

    /// How many inputs wait.
    var count: Int { waiting.count }

    /// Takes an input in.
    mutating func add(_ item: Item, at now: ContinuousClock.Instant) {
        waiting.append(Waiting(item: item, arrival: now))
    }

    /// What a free prediction thread should do. Inputs are released in the order of their arrival.
    mutating func next(at now: ContinuousClock.Instant) -> Decision {
        guard let first = waiting.first else { return .idle }
        let count = min(waiting.count, limits.maximumCount)
        if count == limits.maximumCount { return .release(take(count), .full) }
        let end = first.arrival + limits.maximumDelay
        return end <= now ? .release(take(count), .delay) : .wait(until: end)
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
