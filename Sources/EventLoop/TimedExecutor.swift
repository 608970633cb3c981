internal import Glibc

/// A serial executor that also tells the time, keeps timers, draws lots and has threads: the ground that connections and serving engines run
/// on, and all that they know of the outside.
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

    /// 64 bits that nobody can foretell, unless it is a simulation that is repeated.
    func randomBits() -> UInt64

    /// Runs tasks where this executor runs, but not as part of its actors.
    ///
    /// A task that prefers the executor itself resumes in its isolation, and code that belongs to no actor of it, such as an application's, leaves
    /// that by being enqueued once more after each wait. A task that prefers this is where it belongs at once.
    var unisolated: any TaskExecutor { get }

    /// Makes threads for work that computes for long or blocks.
    ///
    /// - Parameters:
    ///   - count: How many.
    ///   - name: Their name, for debuggers.
    func makeThreads(count: Int, name: String) -> any TaskExecutor
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

    /// The system's generator.
    public func randomBits() -> UInt64 {
        .random(in: 0 ... .max)
    }

    /// The loop's thread.
    public var unisolated: any TaskExecutor { UnisolatedTasks(on: self) }

    /// A pool of threads.
    public func makeThreads(count: Int, name: String) -> any TaskExecutor {
        ThreadPool(threadCount: count, name: name)
    }
}
