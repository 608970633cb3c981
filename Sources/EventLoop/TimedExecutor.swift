internal import Glibc

/// A serial executor that also tells the time and keeps timers: the ground that connections and serving engines run on.
///
/// Tasks of actors that run on it should prefer it as their task executor, so that they resume on it.
///
/// ``EventLoop`` is the real one. A simulation conforms too, so that the same engines run in virtual time.
public protocol TimedExecutor: SerialExecutor, TaskExecutor {
    /// The time that timers and deadlines are measured in.
    var now: ContinuousClock.Instant { get }

    /// The wall clock in milliseconds since 1970, for deadlines that travel to other machines.
    var unixMilliseconds: Int64 { get }

    /// Runs a closure on this executor, after everything that was enqueued before it.
    func execute(_ body: @escaping @Sendable () -> Void)

    /// Calls `handler` once on this executor, at or soon after the deadline.
    ///
    /// - Precondition: The caller is on this executor.
    @discardableResult
    func schedule(at deadline: ContinuousClock.Instant, handler: @escaping @Sendable () -> Void) -> LoopTimer

    /// Calls `handler` once on this executor when everything that is ready now has been handled.
    ///
    /// - Precondition: The caller is on this executor.
    func atEndOfTurn(_ handler: @escaping @Sendable () -> Void)
}

extension EventLoop: TimedExecutor {
    /// The machine's monotonic clock.
    public var now: ContinuousClock.Instant { .now }

    /// The machine's wall clock.
    public var unixMilliseconds: Int64 {
        var time = timespec()
        clock_gettime(CLOCK_REALTIME, &time)
        return Int64(time.tv_sec) * 1_000 + Int64(time.tv_nsec) / 1_000_000
    }
}
