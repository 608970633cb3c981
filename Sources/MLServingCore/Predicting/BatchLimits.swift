/// How large a batch may grow and how long it may wait for more inputs.
///
/// ```swift
/// BatchLimits.adaptive()                                            // learns how large a batch pays
/// BatchLimits.adaptive(targetLatency: .milliseconds(50))            // and keeps answers within that time as far as it can
/// BatchLimits(maximumCount: 16, maximumDelay: .milliseconds(5))     // by fixed limits only
/// ```
///
/// A batch ends at whichever limit comes first. One input is always allowed, whatever it costs.
public struct BatchLimits: Sendable, Hashable {
    /// The most inputs in a batch.
    public var maximumCount: Int

    /// The most that the inputs of a batch may cost together, by ``BatchPredictor/cost(of:)``; `nil`: inputs are not weighed, each costs 1.
    public var maximumCost: Double?

    /// How long the first input of a batch may wait for others while a prediction thread is free.
    ///
    /// Zero adds no delay: a batch is what has arrived while the previous one was predicted, which grows with the load by itself. A batch does
    /// not wait for so long that it would be late for one of its callers, by what batches have been learned to take.
    public var maximumDelay: Duration

    /// Whether batches grow only as far as it pays.
    ///
    /// The consumer learns what a batch takes: a fixed time and a time for each unit of cost. Batches end where nine tenths of their time go
    /// into the inputs themselves, because larger ones would keep their inputs waiting and hardly carry more.
    public var isAdaptive = false

    /// The time from the arrival of an input at the consumer to the end of its prediction that batches are kept small for; `nil`: none.
    ///
    /// No batch is to wait or to take more than half of it, by what has been learned: who arrives while one runs is through after the next.
    /// An input that has waited for longer shows that small batches do not keep up; then batches are as large as the other limits allow.
    public var targetLatency: Duration?

    /// Sets fixed limits.
    ///
    /// - Parameters:
    ///   - maximumCount: At least 1.
    ///   - maximumCost: More than 0; `nil`: inputs are not weighed.
    ///   - maximumDelay: Zero or more.
    public init(maximumCount: Int = 32, maximumCost: Double? = nil, maximumDelay: Duration = .zero) {
        self.maximumCount = max(1, maximumCount)
        self.maximumCost = maximumCost
        self.maximumDelay = max(.zero, maximumDelay)
    }

    /// Limits that adapt to what batches are learned to take, without added delay.
    ///
    /// - Parameters:
    ///   - targetLatency: The time to answer within, from an input's arrival at the consumer, as far as the load permits; `nil`: none, batches
    ///     grow as far as it pays.
    ///   - maximumCount: The most inputs in a batch, such as memory permits; at least 1.
    public static func adaptive(targetLatency: Duration? = nil, maximumCount: Int = 64) -> BatchLimits {
        var limits = BatchLimits(maximumCount: maximumCount)
        limits.isAdaptive = true
        limits.targetLatency = targetLatency
        return limits
    }
}
