public import MLServingCore

/// How a service is doing that is no consumer, as ``HealthServer`` tells it.
public struct ServiceHealth: Sendable, Hashable {
    /// Why the process should be restarted; empty while it is live.
    public var livenessProblems: [HealthProblem]

    /// Why it should get no requests; empty while it is ready.
    public var readinessProblems: [HealthProblem]

    /// Describes a service.
    ///
    /// - Parameters:
    ///   - livenessProblems: Why the process should be restarted.
    ///   - readinessProblems: Why it should get no requests.
    public init(livenessProblems: [HealthProblem] = [], readinessProblems: [HealthProblem] = []) {
        self.livenessProblems = livenessProblems
        self.readinessProblems = readinessProblems
    }
}
