internal import DequeModule

/// Decides which waiting inputs are predicted together, and when.
///
/// A value without clock or threads: it is told the time, and says what to do. It is asked only while a prediction thread is free, so
/// while all are busy it just collects. It learns what batches take from those that have been predicted.
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
        let cost: Double
        let arrival: ContinuousClock.Instant
        let deadline: ContinuousClock.Instant?
    }

    /// The first inputs that wait, as many as may be predicted together.
    private struct Candidate {
        var count = 0
        var cost = 0.0
        /// Why no more inputs may join it, if they may not.
        var end: BatchReleaseReason?
    }

    private let limits: BatchLimits
    private var waiting: Deque<Waiting> = []
    private(set) var times = BatchTimeModel()

    init(limits: BatchLimits) {
        self.limits = limits
    }

    /// How many inputs wait.
    var count: Int { waiting.count }

    /// Takes an input in, with what it costs and when its caller stops waiting.
    mutating func add(_ item: Item, cost: Double = 1, deadline: ContinuousClock.Instant? = nil, at now: ContinuousClock.Instant) {
        waiting.append(Waiting(item: item, cost: cost, arrival: now, deadline: deadline))
    }

    /// Learns what a batch took.
    mutating func learn(cost: Double, duration: Duration) {
        times.learn(cost: cost, seconds: duration.seconds)
    }

    /// What a free prediction thread should do. Inputs are released in the order of their arrival.
    mutating func next(at now: ContinuousClock.Instant) -> Decision {
        guard let first = waiting.first else { return .idle }
        let candidate = candidate(after: now - first.arrival)
        if let reason = candidate.end { return .release(take(candidate.count), reason) }
        let maximumDelay = min(limits.maximumDelay, halfTarget ?? limits.maximumDelay)
        guard maximumDelay > .zero else { return .release(take(candidate.count), .free) }
        let delayEnd = first.arrival + maximumDelay
        if delayEnd <= now { return .release(take(candidate.count), .delay) }
        let lastMoment = lastMoment(for: candidate)
        if let lastMoment, lastMoment <= now { return .release(take(candidate.count), .deadline) }
        return .wait(until: min(delayEnd, lastMoment ?? delayEnd))
    }

    /// Removes what waits and meets a condition.
    mutating func removeAll(where shouldRemove: (Item) -> Bool) {
        waiting.removeAll { shouldRemove($0.item) }
    }

    private var halfTarget: Duration? { limits.targetLatency.map { $0 / 2 } }

    /// The batch that could be released when its first input has waited for so long.
    private func candidate(after wait: Duration) -> Candidate {
        var candidate = Candidate()
        let (costLimit, reason) = costLimit(after: wait)
        for input in waiting {
            // One that is too costly by itself goes alone.
            if candidate.count > 0, candidate.cost + input.cost > costLimit {
                candidate.end = reason
                break
            }
            candidate.count += 1
            candidate.cost += input.cost
            if candidate.count >= limits.maximumCount {
                candidate.end = .full
                break
            }
        }
        if candidate.end == nil, candidate.cost >= costLimit { candidate.end = reason }
        return candidate
    }

    /// What a batch may cost, and why no more.
    private func costLimit(after wait: Duration) -> (Double, BatchReleaseReason) {
        let allowed = limits.maximumCost ?? .infinity
        if times.isEmpty { return (allowed, .cost) }
        var learned = limits.isAdaptive ? times.worthwhileCost : .infinity
        // Who arrives while a batch runs has to get through within the next one. Once this fails, larger batches carry more.
        if let half = halfTarget, wait <= half {
            let cost = times.cost(within: half.seconds)
            // A target that the first input cannot keep even alone is not pursued.
            if cost >= waiting[0].cost { learned = min(learned, cost) }
        }
        return learned < allowed ? (learned, .adaptive) : (allowed, .cost)
    }

    /// When a batch has to begin so that none of its callers has stopped waiting when it ends.
    private func lastMoment(for candidate: Candidate) -> ContinuousClock.Instant? {
        let duration: Duration? = times.isEmpty ? nil : .seconds(min(times.upperBound(for: candidate.cost), 1e9))
        return waiting.prefix(candidate.count).lazy.compactMap { input in
            // Before anything is known, a batch is granted half of the time that its caller had left.
            input.deadline.map { $0 - (duration ?? ($0 - input.arrival) / 2) }
        }.min()
    }

    private mutating func take(_ count: Int) -> [Item] {
        let items = waiting.prefix(count).map(\.item)
        waiting.removeFirst(count)
        return items
    }
}
