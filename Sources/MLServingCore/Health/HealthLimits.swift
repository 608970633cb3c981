/// How long something may go wrong before a consumer counts as dead.
public struct HealthLimits: Sendable, Hashable {
    /// How long the broker may not know the consumer.
    ///
    /// Longer than the broker takes to restart, or every consumer would be restarted with it.
    public var registration: Duration

    /// How long a prediction may run, and how long work may wait without any progress.
    public var progress: Duration

    /// Sets limits.
    public init(registration: Duration = .seconds(60), progress: Duration = .seconds(300)) {
        self.registration = registration
        self.progress = progress
    }
}
