/// How large a batch may grow and how long it may wait for more inputs.
public struct BatchLimits: Sendable, Hashable {
    /// The most inputs in a batch.
    public var maximumCount: Int

    /// How long the first input of a batch may wait for others while a prediction thread is free.
    ///
    /// Zero adds no delay: a batch is what has arrived while the previous one was predicted, which grows with the load by itself.
    public var maximumDelay: Duration

    /// Sets limits.
    ///
    /// - Parameters:
    ///   - maximumCount: At least 1.
    ///   - maximumDelay: Zero or more.
    public init(maximumCount: Int = 32, maximumDelay: Duration = .zero) {
        self.maximumCount = max(1, maximumCount)
        self.maximumDelay = max(.zero, maximumDelay)
    }
}
