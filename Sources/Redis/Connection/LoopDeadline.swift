internal import EventLoop

/// An end to waiting, kept by an event loop. Used on its thread.
struct LoopDeadline {
    let loop: EventLoop
    let instant: ContinuousClock.Instant
    let error: RedisError

    /// Waits for a value, at most until the deadline.
    nonisolated(nonsending) func bound<Value: Sendable>(_ value: OneShot<Value>) async throws -> Value {
        let timer = loop.schedule(at: instant) { [error] in value.fail(error) }
        defer { timer.cancel() }
        return try await value.wait()
    }

    /// Waits until a socket is ready, at most until the deadline.
    nonisolated(nonsending) func untilReady(_ descriptor: Int32, for readiness: Readiness) async throws {
        let ready = OneShot<Void>()
        loop.watch(descriptor, for: readiness) { _ in ready.succeed() }
        defer { loop.unwatch(descriptor) }
        try await bound(ready)
    }
}
