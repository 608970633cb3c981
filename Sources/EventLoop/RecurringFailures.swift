internal import Synchronization

/// Tells which failures of something that is tried again and again are worth a line in a log: each at once when it is new, and then after 10 s,
/// 20 s, 40 s and so on, up to ten minutes. So a server that is away costs a line, and then hardly any.
///
/// The connections to one server share one, for they fail for the same reason.
public final class RecurringFailures: Sendable {
    private struct Failure {
        var nextLine: ContinuousClock.Instant
        var pause: Duration
    }

    private static let firstPause = Duration.seconds(10)
    private static let longestPause = Duration.seconds(600)
    /// More than that many at a time are not told apart: their texts may be a server's.
    private static let maximumCount = 64

    private let failures = Mutex<[String: Failure]>([:])

    /// Begins with nothing that has failed.
    public init() {}

    /// Whether to log a failure now.
    ///
    /// - Parameter failure: What failed and why.
    public func isWorthLogging(_ failure: String, at now: ContinuousClock.Instant = .now) -> Bool {
        failures.withLock { failures in
            if failures[failure] == nil, failures.count >= Self.maximumCount { failures = [:] }
            let known = failures[failure]
            if let known, now < known.nextLine { return false }
            let pause = known.map { min($0.pause * 2, Self.longestPause) } ?? Self.firstPause
            failures[failure] = Failure(nextLine: now + pause, pause: pause)
            return true
        }
    }

    /// Starts over, after a success.
    public func reset() {
        failures.withLock { $0 = [:] }
    }
}
