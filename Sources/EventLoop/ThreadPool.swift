internal import DequeModule
internal import Dispatch
internal import Synchronization

/// A fixed number of threads that run tasks which prefer them.
///
/// Work that computes for long, or blocks, belongs here: on Swift's cooperative pool it would keep everything else waiting. The threads end
/// when the last reference to the pool goes.
public final class ThreadPool: TaskExecutor {
    private let core: ThreadPoolCore

    /// Starts the threads.
    ///
    /// - Parameters:
    ///   - threadCount: How many; at least one.
    ///   - name: The threads' name, for debuggers and `top -H`.
    public init(threadCount: Int, name: String) {
        core = ThreadPoolCore(threadCount: max(1, threadCount))
        for _ in 0..<core.threadCount {
            SystemThread.start(name: name, prepare: {}) { [core] in core.run() }
        }
    }

    deinit {
        core.stop()
    }

    /// Runs a job on whichever thread is free first.
    public func enqueue(_ job: consuming ExecutorJob) {
        core.enqueue(UnownedJob(job), on: self)
    }
}

/// What the threads work through. They own it; the pool tells it to stop.
private final class ThreadPoolCore: Sendable {
    private struct State: Sendable {
        /// A job keeps its pool alive until it has run.
        var jobs: Deque<(job: UnownedJob, pool: ThreadPool)> = []
        var isStopped = false
    }

    let threadCount: Int
    private let state = Mutex(State())
    private let available = DispatchSemaphore(value: 0)

    init(threadCount: Int) {
        self.threadCount = threadCount
    }

    func enqueue(_ job: UnownedJob, on pool: ThreadPool) {
        state.withLock { $0.jobs.append((job, pool)) }
        available.signal()
    }

    func stop() {
        state.withLock { $0.isStopped = true }
        for _ in 0..<threadCount { available.signal() }
    }

    func run() {
        while runNext() {}
    }

    /// Waits for a job and runs it; `false` when the pool is gone.
    private func runNext() -> Bool {
        available.wait()
        let (entry, isStopped) = state.withLock { ($0.jobs.popFirst(), $0.isStopped) }
        guard let entry else { return !isStopped }
        entry.job.runSynchronously(on: entry.pool.asUnownedTaskExecutor())
        return true
    }
}
