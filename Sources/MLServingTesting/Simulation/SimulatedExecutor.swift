internal import DequeModule
public import EventLoop
internal import Glibc
internal import HeapModule
internal import MLServingCore
internal import Synchronization

/// Runs consumers, clients and an in-memory server on one thread in virtual time: hours pass in milliseconds, and a run with the same seed goes the
/// same way again.
///
/// ```swift
/// let executor = SimulatedExecutor(seed: 1)
/// let server = InMemoryServer(executor: executor)
/// try executor.run {
///     let client = ProducerClient<Int, Int>(transport: server.transport())
///     …
///     try await executor.sleep(for: .seconds(3_600))
/// }
/// ```
///
/// Time passes only when nothing is left to do at the present moment. What waits for the real clock, or runs on other threads, does not belong
/// into a simulation: ``run(_:)`` throws when it notices.
///
/// Swift seeds the order of sets and dictionaries anew in each process; set `SWIFT_DETERMINISTIC_HASHING=1` to repeat a run in another process.
///
/// `@unchecked Sendable`: every variable but `inbox` is touched by the thread that runs the simulation only.
public final class SimulatedExecutor: TimedExecutor, @unchecked Sendable {
    private enum Work: Sendable {
        case job(UnownedJob)
        case threadJob(UnownedJob, SimulatedThreads)
        case body(@Sendable () -> Void)
    }

    private struct Inbox: Sendable {
        var work: Deque<Work> = []
        /// The thread that runs the simulation.
        var runner: pthread_t?
        /// Whether work has come from another thread.
        var isDisturbed = false
    }

    private let inbox = Mutex(Inbox())
    private var time: Duration = .zero
    private var generator: SeededGenerator
    private var timers = Heap<LoopTimer>()
    private var lastTimer: UInt64 = 0
    private var endOfTurn: [@Sendable () -> Void] = []
    private var isOnThreads = false

    private let start = ContinuousClock.now
    /// Any moment will do, as long as it is the same in each run.
    private static let startInUnixMilliseconds: Int64 = 1_800_000_000_000

    /// Makes a simulation that stands at its beginning.
    ///
    /// - Parameter seed: What chance is drawn from.
    public init(seed: UInt64) {
        generator = SeededGenerator(seed: seed)
    }

    /// How much virtual time has passed.
    public var elapsed: Duration { time }

    // MARK: Running

    /// Runs `body` to its end, on the calling thread.
    ///
    /// - Throws: What `body` throws, or ``SimulationError``.
    public func run<Outcome: Sendable>(_ body: @escaping @Sendable () async throws -> Outcome) throws -> Outcome {
        let outcome = Mutex<Result<Outcome, any Error>?>(nil)
        inbox.withLock { $0.runner = pthread_self() }
        defer { inbox.withLock { $0.runner = nil } }
        let task = Task(executorPreference: SimulatedThreads(executor: self)) {
            let result: Result<Outcome, any Error>
            do { result = .success(try await body()) } catch { result = .failure(error) }
            outcome.withLock { $0 = result }
        }
        defer { task.cancel() }
        while true {
            if let result = outcome.withLock({ $0 }) { return try result.get() }
            if let work = inbox.withLock({ $0.work.popFirst() }) {
                perform(work)
            } else if !endOfTurn.isEmpty {
                let handlers = endOfTurn
                endOfTurn = []
                for handler in handlers { handler() }
            } else if let timer = timers.popMin() {
                time = max(time, timer.deadline - start)
                timer.fire()
            } else {
                try waitForOtherThreads()
            }
            if inbox.withLock({ $0.isDisturbed }) { throw SimulationError.disturbed }
        }
    }

    private func perform(_ work: Work) {
        switch work {
        case .job(let job):
            job.runSynchronously(isolatedTo: asUnownedSerialExecutor(), taskExecutor: asUnownedTaskExecutor())
        case .threadJob(let job, let threads):
            isOnThreads = true
            job.runSynchronously(on: threads.asUnownedTaskExecutor())
            isOnThreads = false
        case .body(let body):
            body()
        }
    }

    /// Nothing is left to do, and nothing is waited for here: either nothing ever comes, or it comes from elsewhere.
    private func waitForOtherThreads() throws {
        for _ in 0..<1_000 {
            if inbox.withLock({ !$0.work.isEmpty }) { throw SimulationError.disturbed }
            usleep(1_000)
        }
        throw SimulationError.stalled
    }

    // MARK: Executor

    /// Runs a job after those enqueued before it.
    public func enqueue(_ job: consuming ExecutorJob) {
        add(.job(UnownedJob(job)))
    }

    /// Runs a closure after everything that was enqueued before it.
    public func execute(_ body: @escaping @Sendable () -> Void) {
        add(.body(body))
    }

    func enqueue(_ job: UnownedJob, for threads: SimulatedThreads) {
        add(.threadJob(job, threads))
    }

    private func add(_ work: Work) {
        inbox.withLock { inbox in
            if let runner = inbox.runner, pthread_equal(runner, pthread_self()) == 0 { inbox.isDisturbed = true }
            inbox.work.append(work)
        }
    }

    /// The executor that an actor returns as its `unownedExecutor`.
    public func asUnownedSerialExecutor() -> UnownedSerialExecutor {
        UnownedSerialExecutor(ordinary: self)
    }

    /// Stops the process if the caller is not on this executor.
    public func checkIsolated() {
        precondition(isIsolatingCurrentContext() == true, "not on the simulated executor")
    }

    /// Whether the caller is on this executor, and not on simulated threads.
    public func isIsolatingCurrentContext() -> Bool? {
        !isOnThreads && inbox.withLock { $0.runner.map { pthread_equal($0, pthread_self()) != 0 } ?? false }
    }

    // MARK: Time, chance and threads

    /// The virtual time.
    public var now: ContinuousClock.Instant { start + time }

    /// A virtual wall clock.
    public var unixMilliseconds: Int64 { Self.startInUnixMilliseconds + time.milliseconds }

    /// Calls `handler` when virtual time has come to the deadline.
    @discardableResult
    public func schedule(at deadline: ContinuousClock.Instant, handler: @escaping @Sendable () -> Void) -> LoopTimer {
        lastTimer += 1
        let timer = LoopTimer(deadline: deadline, sequence: lastTimer, handler: handler)
        timers.insert(timer)
        return timer
    }

    /// Calls `handler` when nothing else is left to do at this moment.
    public func atEndOfTurn(_ handler: @escaping @Sendable () -> Void) {
        endOfTurn.append(handler)
    }

    /// The next number that follows from the seed.
    public func randomBits() -> UInt64 {
        generator.next()
    }

    /// The same as simulated threads.
    public var unisolated: any TaskExecutor { SimulatedThreads(executor: self) }

    /// Threads that take turns with everything else.
    public func makeThreads(count: Int, name: String) -> any TaskExecutor {
        SimulatedThreads(executor: self)
    }
}

/// Threads of a simulation: what runs on them is not isolated to its executor, and does not run at the same time either.
final class SimulatedThreads: TaskExecutor {
    private let executor: SimulatedExecutor

    init(executor: SimulatedExecutor) {
        self.executor = executor
    }

    func enqueue(_ job: consuming ExecutorJob) {
        executor.enqueue(UnownedJob(job), for: self)
    }
}

/// Why a simulation cannot go on.
public enum SimulationError: Error, Sendable, Hashable {
    /// Everything waits for something, and nothing will come.
    case stalled
    /// Work came from another thread, so a repetition might go another way.
    case disturbed
}
