internal import Synchronization

extension TimedExecutor {
    /// Suspends until the deadline, by this executor's timers.
    ///
    /// - Throws: `CancellationError`, at once, when the task is cancelled.
    /// - Precondition: The caller is isolated to an actor on this executor.
    public func sleep(until deadline: ContinuousClock.Instant, isolation: isolated (any Actor)? = #isolation) async throws {
        let sleeper = Sleeper()
        let timer = schedule(at: deadline) { sleeper.end(.success(())) }
        defer { timer.cancel() }
        try await withTaskCancellationHandler {
            // Captured, so that the closure stays on the actor.
            _ = isolation
            try await withCheckedThrowingContinuation { sleeper.begin($0) }
        } onCancel: {
            sleeper.end(.failure(CancellationError()))
        }
    }
}

/// Resumes a continuation once, whichever of timer and cancellation comes first, and even when cancellation comes before the sleep.
private final class Sleeper: Sendable {
    private enum State {
        case awake
        case asleep(CheckedContinuation<Void, any Error>)
        case ended(Result<Void, any Error>)
    }

    private let state = Mutex(State.awake)

    func begin(_ continuation: CheckedContinuation<Void, any Error>) {
        let result: Result<Void, any Error>? = state.withLock { state in
            if case .ended(let result) = state { return result }
            state = .asleep(continuation)
            return nil
        }
        if let result { continuation.resume(with: result) }
    }

    func end(_ result: Result<Void, any Error>) {
        let continuation: CheckedContinuation<Void, any Error>? = state.withLock { state in
            defer { state = .ended(result) }
            if case .asleep(let continuation) = state { return continuation }
            return nil
        }
        continuation?.resume(with: result)
    }
}
