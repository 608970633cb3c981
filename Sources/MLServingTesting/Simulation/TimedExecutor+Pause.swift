public import EventLoop
internal import Synchronization

extension TimedExecutor {
    /// Waits, in the executor's time; callable from anywhere, unlike `sleep(until:)`.
    ///
    /// - Throws: `CancellationError`, at once, when the task is cancelled.
    public func sleep(for duration: Duration) async throws {
        let waiter = Waiter()
        try await withTaskCancellationHandler {
            try await withCheckedThrowingContinuation { continuation in
                waiter.begin(continuation)
                // One that was cancelled before it began has found nobody to wake.
                if Task.isCancelled { waiter.end(.failure(CancellationError())) }
                execute {
                    self.schedule(at: self.now + duration) { waiter.end(.success(())) }
                }
            }
        } onCancel: {
            waiter.end(.failure(CancellationError()))
        }
    }
}

/// Resumes once.
private final class Waiter: Sendable {
    private let continuation = Mutex<CheckedContinuation<Void, any Error>?>(nil)

    func begin(_ continuation: CheckedContinuation<Void, any Error>) {
        self.continuation.withLock { $0 = continuation }
    }

    func end(_ result: Result<Void, any Error>) {
        continuation.withLock { $0.take() }?.resume(with: result)
    }
}
