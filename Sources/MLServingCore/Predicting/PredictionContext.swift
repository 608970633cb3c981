internal import EventLoop

/// What a predictor can learn of the requests that it works for.
public struct PredictionContext: Sendable {
    /// When the first caller of the batch stops waiting; `nil` when none said so.
    public let deadline: ContinuousClock.Instant?

    let executor: any TimedExecutor

    /// The time until ``deadline``; not positive when it has passed.
    public var timeLeft: Duration? { deadline.map { $0 - executor.now } }

    /// The context of the prediction that this task works on; `nil` outside of one.
    @TaskLocal public static var current: PredictionContext?
}
