internal import Synchronization

/// The health of a ``ConsumerRunner``, to be asked from any thread at any time.
///
/// Nobody is waited for: the answer comes at once even when everything that could be wrong is wrong.
///
/// ```swift
/// let runner = ConsumerRunner(Shout())
/// async let end: Void = runner.run()
/// let report = runner.health.report()
/// print(report.isReady, report.readinessProblems)
/// ```
public final class ConsumerHealth: Sendable {
    private struct State: Sendable {
        var activity = ConsumerActivity()
        var sources: [any DeliverySource] = []
    }

    private let state = Mutex(State())

    init() {}

    /// What is known now.
    ///
    /// - Parameters:
    ///   - limits: How long something may go wrong.
    ///   - now: The time that durations are measured to; a test may give one to come.
    public func report(limits: HealthLimits = HealthLimits(), at now: ContinuousClock.Instant = .now) -> HealthReport {
        let (activity, sources) = state.withLock { ($0.activity, $0.sources) }
        return activity.report(registration: Registration(of: sources.map(\.registration)), limits: limits, at: now)
    }

    /// The broker has registered the consumer for the first time; from now on the sources know.
    func opened(_ sources: [any DeliverySource]) {
        state.withLock { state in
            state.sources = sources
            state.activity.open()
        }
    }

    /// Forgets an earlier run.
    func begin(at now: ContinuousClock.Instant) {
        state.withLock { state in
            state = State()
            state.activity.begin(at: now)
        }
    }

    func end() {
        state.withLock { state in
            state.sources = []
            state.activity.end()
        }
    }

    /// Notes what has happened.
    func note(_ change: (inout ConsumerActivity) -> Void) {
        state.withLock { change(&$0.activity) }
    }
}

extension Registration {
    /// That of a consumer with several sources: registered when all of them are; `nil` without any.
    init?(of parts: [Registration]) {
        let lost = parts.filter { !$0.isRegistered }
        guard let since = lost.isEmpty ? parts.map(\.since).max() : lost.map(\.since).min() else { return nil }
        self.init(isRegistered: lost.isEmpty, since: since)
    }
}
