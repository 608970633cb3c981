/// What is known of a consumer at one moment.
public struct HealthReport: Sendable {
    /// Why the process should be restarted; empty while the consumer is live.
    public internal(set) var livenessProblems: [HealthProblem] = []

    /// Why the consumer should not be counted on; empty while it is ready. What makes it dead also makes it not ready.
    public internal(set) var readinessProblems: [HealthProblem] = []

    /// Registered with the broker and making progress, as far as the limits allow.
    public var isLive: Bool { livenessProblems.isEmpty }

    /// Live, registered, not draining, warmed up, connected to both servers, and able to store results.
    public var isReady: Bool { readinessProblems.isEmpty }

    /// Whether the broker knows the consumer.
    public internal(set) var isRegistered = false

    /// For how long ``isRegistered`` has been as it is; `nil` before the start and after the end.
    public internal(set) var registrationAge: Duration?

    /// Requests that the consumer holds: waiting for a prediction thread, predicted, or being answered.
    public internal(set) var heldRequests = 0

    /// Predictions or batches that run.
    public internal(set) var runningPredictions = 0

    /// For how long the oldest of them has been running.
    public internal(set) var longestPrediction: Duration?

    /// How long ago a prediction has succeeded last.
    public internal(set) var sinceLastSuccess: Duration?

    /// What was in the queue when the broker was last asked.
    public internal(set) var queue: QueueStatus?

    /// How long ago that was.
    public internal(set) var queueAge: Duration?

    /// The transport's connections, when last looked at.
    public internal(set) var connections: [ConnectionState] = []
}

extension HealthReport {
    /// Says why the consumer has ended, where it has.
    mutating func explainEnd(_ message: String) {
        for index in livenessProblems.indices where livenessProblems[index].code == .ended { livenessProblems[index].message = message }
        for index in readinessProblems.indices where readinessProblems[index].code == .ended { readinessProblems[index].message = message }
    }
}
