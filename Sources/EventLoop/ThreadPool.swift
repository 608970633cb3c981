internal import DequeModule
internal import Dispatch
internal import Synchronization

/// Threads that run tasks which prefer them, each started when there is first work for it.
///
/// Work that computes for long, or blocks, belongs here: on Swift's cooperative pool it would keep everything else waiting. The threads end
/// when the last reference to the pool goes.
public final class ThreadPool: TaskExecutor {
    private let core: ThreadPoolCore

    /// Makes a pool; no thread runs before there is work.
    ///
    /// - Parameters:
    ///   - threadCount: How many threads there are at most; at least one.
    ///   - name: The threads' name, for debuggers and `top -H`.
    public init(threadCount: Int, name: String) {
        core = ThreadPoolCore(threadCount: max(1, threadCount), name: name)
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
        var startedCount = 0
        var busyCount = 0
        var isStopped = false
    }

    private let threadCount: Int
    private let name: String
    private let state = Mutex(State())
    private let available = DispatchSemaphore(value: 0)

    init(threadCount: Int, name: String) {
        self.threadCount = threadCount
        self.name = name
    }

    func enqueue(_ job: UnownedJob, on pool: ThreadPool) {
        let needsThread = state.withLock { state in
            state.jobs.append((job, pool))
            // Those that are not busy have been woken for the jobs before this one.
            let needsThread = state.jobs.count > state.startedCount - state.busyCount && state.startedCount < threadCount
            if needsThread { state.startedCount += 1 }
            return needsThread
        }
        available.signal()
        if needsThread { SystemThread.start(name: name, prepare: {}) { self.run() } }
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
        let (entry, isStopped) = state.withLock { state in
            let entry = state.jobs.popFirst()
            if entry != nil { state.busyCount += 1 }
            return (entry, state.isStopped)
        }
        guard let entry else { return !isStopped }
        entry.job.runSynchronously(on: entry.pool.asUnownedTaskExecutor())
        state.withLock { $0.busyCount -= 1 }
        return true
    }
}
