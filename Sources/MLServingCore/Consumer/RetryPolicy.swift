/// When a request that failed is tried again: after a growing, jittered delay, a bounded number of times (G5).
///
/// Only errors that say that they are retryable are retried, see ``ServingError/isRetryable``. The delay passes in a queue of the broker, so it
/// survives the consumer; a request whose deadline would pass meanwhile is answered with its error at once.
///
/// The upper bound of the delay doubles with each attempt, from ``baseDelay`` to ``maximumDelay``, and the delay is drawn evenly from nothing up
/// to that bound. Each quarter of a bound has a queue, `<queue>.retry.<milliseconds>`, because a queue lets messages go in the order in which
/// they came; so a delay may turn out longer than drawn, by a quarter of its bound at most.
public struct RetryPolicy: Sendable, Hashable {
    /// How many times a request is tried in all; 1: never again.
    public var maximumAttempts: Int

    /// The upper bound of the delay before the second attempt.
    public var baseDelay: Duration

    /// The upper bound of any delay.
    public var maximumDelay: Duration

    /// Sets a policy.
    ///
    /// - Parameters:
    ///   - maximumAttempts: At least 1.
    ///   - baseDelay: At least 4 ms.
    ///   - maximumDelay: At least the base delay, at most a day.
    public init(maximumAttempts: Int = 3, baseDelay: Duration = .seconds(1), maximumDelay: Duration = .seconds(60)) {
        self.maximumAttempts = max(1, maximumAttempts)
        self.baseDelay = min(max(.milliseconds(4), baseDelay), .seconds(86_400))
        self.maximumDelay = min(max(self.baseDelay, maximumDelay), .seconds(86_400))
    }

    /// Nothing is tried twice.
    public static let never = RetryPolicy(maximumAttempts: 1)

    /// The bound on the delay after so many attempts.
    func bound(after attempts: Int) -> Duration {
        var bound = baseDelay
        for _ in 1..<max(1, min(attempts, 64)) where bound < maximumDelay { bound *= 2 }
        return min(bound, maximumDelay)
    }

    /// A delay after so many attempts, and the longest one of the queue that it passes in; `nil` when there are to be no more attempts.
    func delay(after attempts: Int, using generator: inout some RandomNumberGenerator) -> (delay: Duration, slice: Duration)? {
        guard attempts < maximumAttempts else { return nil }
        let bound = bound(after: attempts).milliseconds
        let delay = Int64.random(in: 1...bound, using: &generator)
        let quarter = (1...4).first { delay <= bound * $0 / 4 } ?? 4
        return (.milliseconds(delay), .milliseconds(bound * Int64(quarter) / 4))
    }
}

extension QueueDefinition {
    /// The queue in which delays up to `slice` pass, for requests that then go back to this one.
    func retryQueue(slice: Duration) -> QueueDefinition {
        QueueDefinition(
            name: "\(name).retry.\(slice.milliseconds)",
            maximumLength: maximumLength ?? 100_000,
            deadLetterQueue: name,
            messageTimeToLive: slice
        )
    }

    /// The queue of requests that were under way when a consumer was lost, so that each may be what it died of.
    var suspectQueue: QueueDefinition {
        QueueDefinition(name: name + ".suspects", maximumLength: maximumLength ?? 100_000)
    }
}
