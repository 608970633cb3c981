/// What whoever runs a consumer sets in place of its predictor's ``BatchPredictor/batchLimits``; `nil`: what the predictor says.
public struct BatchOverrides: Sendable, Hashable {
    /// The most inputs in a batch.
    public var maximumCount: Int?

    /// How long the first input of a batch may wait for others while a prediction thread is free.
    public var maximumDelay: Duration?

    /// The time that batches are kept small for; zero: none.
    public var targetLatency: Duration?

    /// Overrides what is given.
    ///
    /// - Parameters:
    ///   - maximumCount: At least 1.
    ///   - maximumDelay: Zero or more.
    ///   - targetLatency: See ``BatchLimits/targetLatency``; zero: none.
    public init(maximumCount: Int? = nil, maximumDelay: Duration? = nil, targetLatency: Duration? = nil) {
        self.maximumCount = maximumCount
        self.maximumDelay = maximumDelay
        self.targetLatency = targetLatency
    }

    /// The limits, with what is overridden.
    func applied(to limits: BatchLimits) -> BatchLimits {
        var limits = limits
        limits.maximumCount = max(1, maximumCount ?? limits.maximumCount)
        limits.maximumDelay = max(.zero, maximumDelay ?? limits.maximumDelay)
        if let targetLatency { limits.targetLatency = targetLatency > .zero ? targetLatency : nil }
        return limits
    }
}
