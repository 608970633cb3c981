public import EventLoop

extension TimedExecutor {
    /// Waits, in the executor's time; callable from anywhere, unlike `sleep(until:)`.
    ///
    /// - Throws: `CancellationError`, at once, when the task is cancelled.
    public func sleep(for duration: Duration) async throws {
        let end = OneShot<Void>()
        execute {
            self.schedule(at: self.now + duration) { end.succeed() }
        }
        try await end.wait()
    }
}
