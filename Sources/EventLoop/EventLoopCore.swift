internal import CEventLoop
internal import Glibc
internal import HeapModule
internal import Synchronization

/// The loop's thread and what it works through.
///
/// The thread owns the core; the core knows the ``EventLoop`` weakly, so that dropping the last reference to the loop ends the thread.
///
/// `@unchecked Sendable`: `inbox` is guarded by its mutex; `served` and `thread` are written once, before the thread runs a turn; every other
/// variable is touched by the loop's thread only, which ``EventLoop`` checks at each entry point.
final class EventLoopCore: @unchecked Sendable {
    private enum Work {
        case job(UnownedJob)
        case unisolatedJob(UnownedJob, UnisolatedTasks)
        case body(@Sendable () -> Void)
    }

    private struct Inbox {
        var work: [Work] = []
        var isAsleep = false
        var isStopped = false
    }

    private struct Watch {
        let handler: @Sendable (Readiness) -> Void
        let generation: UInt64
    }

    /// How many rounds of work a turn runs before it looks at the sockets again.
    private static let roundsPerTurn = 16

    let name: String
    private let wakeUp: Int32
    private let inbox = Mutex(Inbox())
    private weak var served: EventLoop?
    private var thread = pthread_t()

    private var descriptors: [pollfd]
    private var watches: [Int32: Watch] = [:]
    private var generation: UInt64 = 0
    private var timers = Heap<LoopTimer>()
    private var endOfTurn: [@Sendable () -> Void] = []
    private var running: [Work] = []

    init(name: String) {
        self.name = name
        wakeUp = mlserving_eventfd()
        // Without a descriptor to wake it the loop cannot work; nothing in the process could go on.
        precondition(wakeUp >= 0, "cannot create an event descriptor: errno \(errno)")
        descriptors = [pollfd(fd: wakeUp, events: Int16(POLLIN), revents: 0)]
    }

    deinit {
        close(wakeUp)
    }

    var isCurrent: Bool { pthread_equal(pthread_self(), thread) != 0 }

    func start(serving loop: EventLoop) {
        served = loop
        SystemThread.start(name: name, prepare: { self.adoptCurrentThread() }, body: { self.run() })
    }

    func stop() {
        wake { $0.isStopped = true }
    }

    func enqueue(_ job: UnownedJob) {
        wake { $0.work.append(.job(job)) }
    }

    func enqueue(_ job: UnownedJob, for tasks: UnisolatedTasks) {
        wake { $0.work.append(.unisolatedJob(job, tasks)) }
    }

    func execute(_ body: @escaping @Sendable () -> Void) {
        wake { $0.work.append(.body(body)) }
    }

    private func wake(_ change: (inout Inbox) -> Void) {
        let mustSignal = inbox.withLock { inbox in
            change(&inbox)
            defer { inbox.isAsleep = false }
            return inbox.isAsleep
        }
        if mustSignal { mlserving_eventfd_signal(wakeUp) }
    }

    // MARK: Sockets and timers

    func watch(_ descriptor: Int32, for readiness: Readiness, handler: @escaping @Sendable (Readiness) -> Void) {
        unwatch(descriptor)
        generation += 1
        watches[descriptor] = Watch(handler: handler, generation: generation)
        descriptors.append(pollfd(fd: descriptor, events: readiness.rawValue, revents: 0))
    }

    func setReadiness(_ readiness: Readiness, of descriptor: Int32) {
        guard let index = descriptors.firstIndex(where: { $0.fd == descriptor }) else { return }
        descriptors[index].events = readiness.rawValue
    }

    func unwatch(_ descriptor: Int32) {
        guard watches.removeValue(forKey: descriptor) != nil else { return }
        descriptors.removeAll { $0.fd == descriptor }
    }

    func schedule(at deadline: ContinuousClock.Instant, handler: @escaping @Sendable () -> Void) -> LoopTimer {
        generation += 1
        let timer = LoopTimer(deadline: deadline, sequence: generation, handler: handler)
        timers.insert(timer)
        return timer
    }

    func atEndOfTurn(_ handler: @escaping @Sendable () -> Void) {
        endOfTurn.append(handler)
    }

    // MARK: The thread

    /// Runs until the loop is stopped: a turn of everything that is due, then a wait.
    private func run() {
        while runTurn() {
            guard let timeout = prepareToWait() else { return }
            wait(timeout)
        }
    }

    /// Runs what is due, unless the loop is gone.
    ///
    /// The loop is held for the turn and not while waiting: its release, even by a job of this very turn, is what ends the thread.
    private func runTurn() -> Bool {
        guard let loop = served else { return false }
        runWork(on: loop)
        fireTimers()
        runWork(on: loop)
        let handlers = endOfTurn
        endOfTurn.removeAll(keepingCapacity: true)
        for handler in handlers { handler() }
        return true
    }

    private func runWork(on loop: EventLoop) {
        let (executor, taskExecutor) = (loop.asUnownedSerialExecutor(), loop.asUnownedTaskExecutor())
        for _ in 0..<Self.roundsPerTurn {
            inbox.withLock { swap(&$0.work, &running) }
            if running.isEmpty { return }
            for work in running {
                switch work {
                case .job(let job): job.runSynchronously(isolatedTo: executor, taskExecutor: taskExecutor)
                case .unisolatedJob(let job, let tasks): job.runSynchronously(on: tasks.asUnownedTaskExecutor())
                case .body(let body): body()
                }
            }
            running.removeAll(keepingCapacity: true)
        }
    }

    private func fireTimers() {
        guard let first = timers.min, first.deadline <= .now else { return }
        let now = ContinuousClock.now
        while let timer = timers.min, timer.deadline <= now || !timer.isPending {
            timers.removeMin().fire()
        }
    }

    private enum Wait: Equatable {
        case forever
        case nanoseconds(Int64)
    }

    /// How long to wait, or `nil` when the loop has been stopped.
    private func prepareToWait() -> Wait? {
        while let timer = timers.min, !timer.isPending { timers.removeMin() }
        let wait: Wait
        if !endOfTurn.isEmpty {
            wait = .nanoseconds(0)
        } else if let timer = timers.min {
            wait = .nanoseconds(max(0, timer.deadline.nanosecondsFromNow))
        } else {
            wait = .forever
        }
        return inbox.withLock { inbox in
            if !inbox.work.isEmpty { return .nanoseconds(0) }
            if inbox.isStopped { return nil }
            inbox.isAsleep = wait != .nanoseconds(0)
            return wait
        }
    }

    private func wait(_ wait: Wait) {
        let timeout: Int64 = if case .nanoseconds(let nanoseconds) = wait { nanoseconds } else { -1 }
        let count = mlserving_poll(&descriptors, UInt(descriptors.count), timeout)
        inbox.withLock { $0.isAsleep = false }
        guard count > 0 else { return }
        if descriptors[0].revents != 0 { mlserving_eventfd_reset(wakeUp) }
        // Handlers may watch and unwatch: look every ready descriptor up again, and skip one that was replaced in between.
        let ready = descriptors.dropFirst().compactMap { entry -> (Int32, Int16, UInt64)? in
            guard entry.revents != 0, let watch = watches[entry.fd] else { return nil }
            return (entry.fd, entry.revents, watch.generation)
        }
        for (descriptor, events, generation) in ready {
            guard let watch = watches[descriptor], watch.generation == generation else { continue }
            watch.handler(Readiness(rawValue: events))
        }
    }

    private func adoptCurrentThread() {
        thread = pthread_self()
        // A peer that closes its socket must end in an error, not in the death of the process.
        signal(SIGPIPE, SIG_IGN)
    }
}

extension ContinuousClock.Instant {
    /// The time until this instant, negative once it has passed; beyond 292 years it saturates.
    var nanosecondsFromNow: Int64 {
        let (seconds, attoseconds) = (self - .now).components
        let (whole, overflow) = seconds.multipliedReportingOverflow(by: 1_000_000_000)
        guard !overflow else { return seconds < 0 ? .min : .max }
        return whole.addingReportingOverflow(attoseconds / 1_000_000_000).partialValue
    }
}
