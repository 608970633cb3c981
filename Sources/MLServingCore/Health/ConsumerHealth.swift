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
        /// Those who wait until the consumer is ready.
        var waiters: [UInt64: CheckedContinuation<Void, any Error>] = [:]
        var lastWaiter: UInt64 = 0
        /// Waiters whose task was cancelled before they waited.
        var cancelled: Set<UInt64> = []
        /// What the last run ended with.
        var failure: (any Error)?

        /// Who need not wait any longer, and for what result.
        mutating func takeReady() -> (waiters: [CheckedContinuation<Void, any Error>], result: Result<Void, any Error>)? {
            guard !waiters.isEmpty, let result = readiness else { return nil }
            defer { waiters = [:] }
            return (Array(waiters.values), result)
        }

        /// `nil` while it is not decided.
        var readiness: Result<Void, any Error>? {
            if activity.phase == .ended {
                return .failure(failure ?? TransportError(code: .closed, message: "the consumer has ended"))
            }
            let registration = Registration(of: sources.map(\.registration))
            return activity.report(registration: registration, limits: HealthLimits(), at: .now).isReady ? .success(()) : nil
        }
    }

    private let state = Mutex(State())

    init() {}

    /// What is known now.
    ///
    /// - Parameters:
    ///   - limits: How long something may go wrong.
    ///   - now: The time that durations are measured to; a test may give one to come.
    public func report(limits: HealthLimits = HealthLimits(), at now: ContinuousClock.Instant = .now) -> HealthReport {
        let (activity, sources, failure) = state.withLock { ($0.activity, $0.sources, $0.failure) }
        var report = activity.report(registration: Registration(of: sources.map(\.registration)), limits: limits, at: now)
        if let failure { report.explainEnd("the consumer has ended: \(failure)") }
        return report
    }

    /// Returns when the consumer is ready.
    ///
    /// - Throws: What ``ConsumerRunner/run()`` threw, or ``TransportError`` with `closed`, when the consumer has ended before; `CancellationError`
    ///   when the task is cancelled.
    public func waitUntilReady() async throws {
        let id = state.withLock { state in
            state.lastWaiter += 1
            return state.lastWaiter
        }
        try await withTaskCancellationHandler {
            try await withCheckedThrowingContinuation { continuation in
                let result: Result<Void, any Error>? = state.withLock { state in
                    if state.cancelled.remove(id) != nil { return .failure(CancellationError()) }
                    if let readiness = state.readiness { return readiness }
                    state.waiters[id] = continuation
                    return nil
                }
                if let result { continuation.resume(with: result) }
            }
        } onCancel: {
            let waiter = state.withLock { state in
                let waiter = state.waiters.removeValue(forKey: id)
                if waiter == nil { state.cancelled.insert(id) }
                return waiter
            }
            waiter?.resume(throwing: CancellationError())
        }
        state.withLock { _ = $0.cancelled.remove(id) }
    }

    /// The broker has registered the consumer for the first time; from now on the sources know.
    func opened(_ sources: [any DeliverySource]) {
        change { state in
            state.sources = sources
            state.activity.open()
        }
    }

    /// Forgets an earlier run.
    func begin(at now: ContinuousClock.Instant, needsStore: Bool) {
        change { state in
            state.activity = ConsumerActivity()
            state.sources = []
            state.failure = nil
            state.activity.begin(at: now, needsStore: needsStore)
        }
    }

    /// - Parameter failure: Why; `nil`: it was shut down.
    func end(because failure: (any Error)? = nil) {
        change { state in
            state.sources = []
            state.failure = failure
            state.activity.end()
        }
    }

    /// Ends a consumer that has not ended by itself before, for a reason of its own.
    func endUnlessEnded(because failure: (any Error)? = nil) {
        if state.withLock({ $0.activity.phase }) != .ended { end(because: failure) }
    }

    /// Notes what has happened.
    func note(_ change: (inout ConsumerActivity) -> Void) {
        self.change { change(&$0.activity) }
    }

    private func change(_ change: (inout State) -> Void) {
        let ready = state.withLock { state in
            change(&state)
            return state.takeReady()
        }
        guard let ready else { return }
        for waiter in ready.waiters { waiter.resume(with: ready.result) }
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
