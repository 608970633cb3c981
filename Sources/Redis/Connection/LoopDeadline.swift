internal import EventLoop

/// An end to waiting, kept by an event loop. Used on its thread.
struct LoopDeadline {
    let loop: EventLoop
    let instant: ContinuousClock.Instant
    let error: any Error
    /// What may end the wait earlier.
    var interruption: Interruption?

    /// The end of the first of `count` equal shares of the time that is left.
    func share(of count: Int, error: any Error) -> LoopDeadline {
        let now = ContinuousClock.now
        return LoopDeadline(
            loop: loop, instant: now.advanced(by: now.duration(to: instant) / count), error: error, interruption: interruption)
    }

    /// Waits for a value, at most until the deadline.
    nonisolated(nonsending) func bound<Value: Sendable>(_ value: OneShot<Value>) async throws -> Value {
        let timer = loop.schedule(at: instant) { [error] in value.fail(error) }
        defer { timer.cancel() }
        guard let interruption else { return try await value.wait() }
        return try await interruption.wait(for: value)
    }

    /// Waits until a socket is ready, at most until the deadline.
    nonisolated(nonsending) func untilReady(_ descriptor: Int32, for readiness: Readiness) async throws {
        let ready = OneShot<Void>()
        loop.watch(descriptor, for: readiness) { _ in ready.succeed() }
        defer { loop.unwatch(descriptor) }
        try await bound(ready)
    }
}
