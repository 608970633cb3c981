internal import EventLoop

/// An end to waiting, kept by an event loop. Used on its thread.
struct LoopDeadline {
    let loop: EventLoop
    let instant: ContinuousClock.Instant
    let error: any Error

    /// The end of the first of `count` equal shares of the time that is left.
    func share(of count: Int, error: any Error) -> LoopDeadline {
        let now = ContinuousClock.now
        return LoopDeadline(loop: loop, instant: now.advanced(by: now.duration(to: instant) / count), error: error)
    }

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
