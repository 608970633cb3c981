internal import Synchronization

/// A value that comes once, from any thread, and is waited for by one task. The first result counts.
///
/// An actor that looks at its state and then waits for a change needs this rather than a bare continuation: between the look and the
/// continuation's closure other work of the actor may run (whenever the task does not prefer the actor's executor), and a change that
/// comes then must not be missed. What is told to a ``OneShot`` before anyone waits is kept.
package final class OneShot<Value: Sendable>: Sendable {
    private enum State {
        case pending
        case awaited(CheckedContinuation<Value, any Error>)
        case finished(Result<Value, any Error>)
    }

    private let state = Mutex(State.pending)

    package init() {}

    package func succeed(_ value: Value) {
        finish(.success(value))
    }

    package func fail(_ error: any Error) {
        finish(.failure(error))
    }

    package func finish(_ result: Result<Value, any Error>) {
        let continuation = state.withLock { state -> CheckedContinuation<Value, any Error>? in
            switch state {
            case .finished:
                return nil
            case .pending:
                state = .finished(result)
                return nil
            case .awaited(let continuation):
                state = .finished(result)
                return continuation
            }
        }
        continuation?.resume(with: result)
    }

    package var isFinished: Bool {
        state.withLock { state in
            if case .finished = state { true } else { false }
        }
    }

    /// Waits for the result. Cancellation is a result too.
    package func wait(isolation: isolated (any Actor)? = #isolation) async throws -> Value {
        try await withTaskCancellationHandler {
            // Without the capture this closure runs on the cooperative pool: two thread hops for each wait.
            _ = isolation
            return try await withCheckedThrowingContinuation { continuation in
                let result = state.withLock { state -> Result<Value, any Error>? in
                    if case .finished(let result) = state { return result }
                    state = .awaited(continuation)
                    return nil
                }
                if let result { continuation.resume(with: result) }
            }
        } onCancel: {
            fail(CancellationError())
        }
    }
}

extension OneShot where Value == Void {
    package func succeed() {
        succeed(())
    }
}
