internal import CEventLoop

/// One thread that polls sockets and timers, and runs the actors that own them.
///
/// An actor whose `unownedExecutor` is an event loop runs on the loop's thread, and so do the handlers of the sockets that it watches and
/// of the timers that it sets. Its state, and the C objects that it owns, are therefore touched by one thread only, and calls between
/// actors of one loop cost no thread hop.
///
/// A task that prefers the loop as its executor (`addTask(executorPreference:)`) also resumes on it. Without the preference, every wait for a
/// continuation, even in an actor of the loop, comes back by way of Swift's cooperative pool: two more thread hops. Such a task runs as if
/// it were isolated to the loop, which suits tasks that are the work of its actors; for others there is ``unisolated``.
///
/// Work must be short and must not block: everything on the loop waits for it. The thread ends when the last reference to the loop goes.
public final class EventLoop: SerialExecutor, TaskExecutor, CustomStringConvertible {
    private let core: EventLoopCore

    /// Starts the loop's thread.
    ///
    /// - Parameter name: The thread's name, for debuggers and `top -H`; the system shows its first 15 bytes.
    public init(name: String) {
        core = EventLoopCore(name: name)
        core.start(serving: self)
    }

    deinit {
        core.stop()
    }

    /// `EventLoop(name)`.
    public var description: String { "EventLoop(\(core.name))" }

    /// Whether the caller runs on the loop's thread.
    public var isCurrent: Bool { core.isCurrent }

    // MARK: Executor

    /// Runs a job on the loop's thread, after the jobs enqueued before it.
    public func enqueue(_ job: consuming ExecutorJob) {
        // The job, once it is visible, may run and release the last reference to the loop before this call has woken the thread.
        let job = UnownedJob(job)
        withExtendedLifetime(core) { $0.enqueue(job) }
    }

    func enqueue(_ job: UnownedJob, for tasks: UnisolatedTasks) {
        withExtendedLifetime(core) { $0.enqueue(job, for: tasks) }
    }

    /// Runs a closure on the loop's thread, after everything that was enqueued before it.
    public func execute(_ body: @escaping @Sendable () -> Void) {
        withExtendedLifetime(core) { $0.execute(body) }
    }

    /// The executor that an actor returns as its `unownedExecutor`.
    public func asUnownedSerialExecutor() -> UnownedSerialExecutor {
        UnownedSerialExecutor(ordinary: self)
    }

    /// Stops the process if the caller is not on the loop's thread.
    public func checkIsolated() {
        precondition(isCurrent, "not on the thread of \(self)")
    }

    /// Whether the caller is on the loop's thread.
    public func isIsolatingCurrentContext() -> Bool? {
        isCurrent
    }

    // MARK: Sockets and timers, on the loop's thread only

    /// Calls `handler` on the loop's thread whenever the socket is ready. Replaces an earlier watch of the same descriptor.
    ///
    /// - Precondition: The caller is on the loop's thread, and calls ``unwatch(_:)`` before the descriptor is closed.
    public func watch(_ descriptor: Int32, for readiness: Readiness, handler: @escaping @Sendable (Readiness) -> Void) {
        checkIsolated()
        core.watch(descriptor, for: readiness, handler: handler)
    }

    /// Changes what a watched socket is waited on for; an empty set still reports failure.
    public func setReadiness(_ readiness: Readiness, of descriptor: Int32) {
        checkIsolated()
        core.setReadiness(readiness, of: descriptor)
    }

    /// Stops watching a socket; its handler is not called again.
    public func unwatch(_ descriptor: Int32) {
        checkIsolated()
        core.unwatch(descriptor)
    }

    /// Calls `handler` once on the loop's thread, at or soon after the deadline.
    ///
    /// - Returns: What cancels the timer. Dropping it does not.
    @discardableResult
    public func schedule(at deadline: ContinuousClock.Instant, handler: @escaping @Sendable () -> Void) -> LoopTimer {
        checkIsolated()
        return core.schedule(at: deadline, handler: handler)
    }

    /// Calls `handler` once on the loop's thread before the loop next waits: after everything that is ready now has been handled.
    ///
    /// This is where a connection writes what a whole turn has queued, in one system call.
    public func atEndOfTurn(_ handler: @escaping @Sendable () -> Void) {
        checkIsolated()
        core.atEndOfTurn(handler)
    }
}
