/// How calls of one client that come together travel as one message, answered by one record.
///
/// A call that is alone, with nothing else in flight, does not wait. Otherwise calls are collected until the first of them has waited for
/// ``window``, a limit is reached, or nothing is in flight any more. Only calls of the same model with the same timeout share a message; a call
/// with other options travels alone. A call that fails in company is asked for again by itself, so that retries, dead letters and quarantine
/// concern one call's input; a predictor sees it once more then.
public struct Coalescing: Sendable, Hashable {
    /// How many calls a message carries at most.
    public var maximumCount: Int
    /// How many bytes of inputs a message carries at most; one input alone may be larger.
    public var maximumBytes: Int
    /// How long a call waits for company at most.
    public var window: Duration

    /// Sets the limits.
    ///
    /// - Parameters:
    ///   - maximumCount: How many calls a message carries at most; at least 1.
    ///   - maximumBytes: How many bytes of inputs a message carries at most.
    ///   - window: How long a call waits for company at most.
    public init(maximumCount: Int = 128, maximumBytes: Int = 1 << 20, window: Duration = .milliseconds(1)) {
        self.maximumCount = max(1, maximumCount)
        self.maximumBytes = maximumBytes
        self.window = max(.zero, window)
    }
}
