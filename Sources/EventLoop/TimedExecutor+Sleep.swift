extension TimedExecutor {
    /// Suspends until the deadline, by this executor's timers.
    ///
    /// - Throws: `CancellationError`, at once, when the task is cancelled.
    /// - Precondition: The caller is isolated to an actor on this executor, or its task prefers this executor.
    public func sleep(until deadline: ContinuousClock.Instant, isolation: isolated (any Actor)? = #isolation) async throws {
        let end = OneShot<Void>()
        let timer = schedule(at: deadline) { end.succeed() }
        defer { timer.cancel() }
        try await end.wait()
    }
}
