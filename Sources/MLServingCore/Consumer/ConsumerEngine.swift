internal import DequeModule
internal import EventLoop
internal import Logging

/// The consumer's heart: deliveries come in, inputs go to prediction threads in batches, results go out, and only then is a delivery settled.
///
/// It runs on the transport's executor, so deliveries, timers and confirms reach it without a thread hop. Its flow:
/// ``takeIn(from:)`` → ``BatchFormer`` → a prediction thread → ``complete(_:)`` → ``answer(_:)`` → ``settle(_:)``. A failed request may take
/// another way out: back to the queue after a delay, or to the dead letters before it is answered.
actor ConsumerEngine {
    enum Phase { case consuming, draining, stopped }

    /// A batch on a prediction thread.
    struct Prediction {
        let task: Task<Void, Never>
        let work: [PredictionWork]
        let began: ContinuousClock.Instant
        /// When the last deadline of its inputs passes; `nil`: one of them has none.
        let end: ContinuousClock.Instant?
        /// Whether it was cancelled because that moment has come.
        var isOverdue = false

        init(task: Task<Void, Never>, work: [PredictionWork], began: ContinuousClock.Instant) {
            self.task = task
            self.work = work
            self.began = began
            end = work.lastDeadline
        }
    }

    nonisolated let executor: any TimedExecutor
    nonisolated var unownedExecutor: UnownedSerialExecutor { executor.asUnownedSerialExecutor() }

    let configuration: ConsumerConfiguration
    let transport: any Transport
    let program: PredictionProgram
    let telemetry: ConsumerTelemetry
    let scene: PredictionScene
    let health: ConsumerHealth
    var gauges: ConsumerGauges
    let threads: any TaskExecutor

    /// How many predictions run at once.
    nonisolated let concurrency: Int
    var phase = Phase.consuming
    var sources: [Intake: any DeliverySource] = [:]
    var lastKey: UInt64 = 0
    var requests: [UInt64: ActiveRequest] = [:]
    /// Finds requests by what they are known by.
    var index = HeldRequestIndex()
    /// The bytes of their bodies, those that wait for room among them, and the thread that large ones are expanded on.
    var heldBytes: HeldBytes
    var parked: Deque<ParkedRequest> = []
    var expansionThreads: (any TaskExecutor)?
    var credit: FreeCredit
    var former: BatchFormer<PredictionWork>
    /// Those that may end the process; one, unless a connection has been lost meanwhile.
    var suspects: Deque<Suspect> = []
    var delayTimer: LoopTimer?
    /// Under way; as many as ``concurrency`` allows.
    var predictions: [UInt64: Prediction] = [:]
    var lastPrediction: UInt64 = 0
    /// Cancels predictions whose deadlines have all passed.
    var overdueTimer: LoopTimer?
    /// What makes equal inputs one; `nil`: nothing does.
    let caching: ResultCaching?
    /// Inputs that have to be compared and looked up before they wait for their batch.
    var unknown: [PredictionWork] = []
    var shared = SharedPredictions()
    /// Results on their way into the store, and outputs that are kept there for later inputs.
    let results: ResultWriter
    /// The retry queues that are known to exist.
    var declared: Set<String> = []
    var generator: ExecutorRandomness
    /// What has been cancelled, as far as is known.
    var cancelled = CancelledRequests()
    /// Marks of suspects that are over, which may still be in the store.
    var marksToClear: Set<String> = []
    /// The marks of predictions that have begun, by request.
    var begun: [UInt64: BegunMark] = [:]
    /// Inputs of requests that were delivered before, which leave a mark before they are weighed.
    var trials: [PredictionWork] = []
    /// Gives signs of life while there are such marks.
    var signing: Task<Void, Never>?
    /// How many times it has begun to hear of marks.
    var hearings = 0
    var cancellations: Task<Void, Never>?
    var endedIntakes: Set<Intake> = []
    /// The rights that are missing, and what waits for them.
    var rights = ConsumerRights()
    /// Those whose deliveries are being taken in.
    var openIntakes: Set<Intake> = []
    private var isAborted = false
    var drained: CheckedContinuation<Void, Never>?
    /// Finished when the engine stops.
    private let end = Mailbox<Never>()

    /// Makes an engine.
    init(
        program: PredictionProgram,
        transport: any Transport,
        configuration: ConsumerConfiguration,
        health: ConsumerHealth = ConsumerHealth(),
        logger: Logger
    ) {
        executor = transport.executor
        self.configuration = configuration
        self.transport = transport
        self.program = program
        let concurrency = max(1, configuration.concurrency ?? program.defaultConcurrency)
        self.concurrency = concurrency
        caching = program.caching.map(configuration.caching)
        threads = program.isQuick ? executor.unisolated : executor.makeThreads(count: concurrency, name: "mlserving-pred")
        generator = ExecutorRandomness(executor)
        heldBytes = HeldBytes(limit: configuration.maximumHeldBytes)
        credit = FreeCredit(at: executor.now)
        telemetry = ConsumerTelemetry(queue: configuration.queue.name, logger: logger)
        scene = PredictionScene(
            executor: executor, model: configuration.model ?? ModelAddress(queue: configuration.queue.name), telemetry: telemetry)
        results = ResultWriter(store: transport.store, executor: executor, telemetry: telemetry)
        self.health = health
        gauges = ConsumerGauges(queue: configuration.queue.name)
        former = BatchFormer(limits: program.batchLimits.map(configuration.batching.applied) ?? BatchLimits(maximumCount: 1))
    }

    // MARK: Life

    /// Consumes until drained or stopped.
    func run() async throws {
        health.begin(at: executor.now, needsStore: configuration.usesStore)
        var failure: (any Error)?
        do {
            try await withThrowingTaskGroup(of: Void.self) { group in
                group.addTask(executorPreference: executor) { try await self.consume() }
                group.addTask(executorPreference: executor) { await self.storeResults() }
                group.addTask(executorPreference: executor) { await self.stopWhenCancelled() }
                group.addTask(executorPreference: executor) { await self.giveSigns() }
                group.addTask(executorPreference: executor) { await self.watchServers() }
                group.addTask(executorPreference: executor) { await self.watchConnections() }
                group.addTask(executorPreference: executor) { try await self.watchStore() }
                group.addTask(executorPreference: executor) { try await self.watchPublishing() }
                // Whatever is under way once the engine has stopped must not keep it, such as a wait for a server that is away.
                while try await group.next() != nil { if phase == .stopped { group.cancelAll() } }
            }
        } catch {
            failure = error
        }
        // One that computes on, whatever it is told, is not waited for when time is over.
        if !isAborted { for prediction in predictions.values { await prediction.task.value } }
        // Others may go on with the same connections: what is not settled goes back now.
        for source in sources.values { await source.close() }
        try Task.checkCancellation()
        if let failure, !(failure is CancellationError) { throw failure }
    }

    private func stopWhenCancelled() async {
        _ = try? await end.next()
        stop()
    }

    /// Takes requests from both queues until the intake ends.
    private func consume() async throws {
        // Without intake there is nothing to wait for, unless a drain waits for what was taken in before.
        defer { if phase == .consuming { stop() } }
        for queue in [configuration.queue, configuration.queue.suspectQueue, configuration.deadLetterQueue].compactMap({ $0 }) {
            try await transport.broker.declare(queue)
            declared.insert(queue.name)
        }
        try await load()
        try await warmUp()
        try await withThrowingTaskGroup(of: Void.self) { group in
            for intake in Intake.allCases {
                let source = try await open(intake)
                openIntakes.insert(intake)
                group.addTask(executorPreference: executor) { try await self.serve(intake, source) }
            }
            let connections = await transport.connections
            health.note { $0.observed(connections) }
            health.opened(Array(sources.values))
            telemetry.ready(prefetch: configuration.prefetch, concurrency: concurrency)
            // An intake that fails ends the other one, and the consumer.
            while try await group.next() != nil {}
        }
    }

    func name(of intake: Intake) -> String {
        switch intake {
        case .requests: configuration.queue.name
        case .suspects: configuration.queue.suspectQueue.name
        }
    }

    func open(_ intake: Intake) async throws -> any DeliverySource {
        let source =
            switch intake {
            case .requests: try await transport.broker.consume(name(of: intake), prefetch: configuration.prefetch)
            // One at a time, so that of what is lost with a consumer it is known what it was.
            case .suspects: try await transport.broker.consume(name(of: intake), prefetch: 1)
            }
        sources[intake] = source
        if phase != .consuming || rights.isPaused {
            // An end that was asked for meanwhile has ended the source before this one.
            endedIntakes.insert(intake)
            await source.cancel()
        }
        return source
    }

    /// Ends the intake from a queue, once.
    func endIntake(from intake: Intake) async {
        guard let source = sources[intake], endedIntakes.insert(intake).inserted else { return }
        await source.cancel()
    }

    /// Ends at once, even if a prediction does not.
    func abort() {
        isAborted = true
        endAllMarks()
        stop()
    }

    /// Ends. What is not answered goes back to the queue.
    func stop() {
        phase = .stopped
        delayTimer?.cancel()
        overdueTimer?.cancel()
        cancellations?.cancel()
        for prediction in predictions.values { prediction.task.cancel() }
        results.assumeIsolated { $0.stop() }
        drained?.resume()
        drained = nil
        end.finish()
    }

    // MARK: Settlement

    /// Acknowledges what has been answered (G2), or has reached another queue.
    func settle(_ done: [ActiveRequest]) {
        if requests.count >= configuration.prefetch || done.contains(where: { $0.deliveries.count > 1 }) {
            credit.wasUsedUp(at: executor.now)
        }
        for (intake, tags) in Self.byIntake(done.lazy.flatMap(\.deliveries)) { sources[intake]?.acknowledge(tags) }
        for request in done { forget(request) }
        health.note { $0.settled(held: requests.count, at: executor.now) }
        endDrainIfDone()
    }

    func reject(_ deliveries: [HeldDelivery]) {
        for (intake, tags) in Self.byIntake(deliveries) { sources[intake]?.reject(tags, requeue: true) }
    }

    private static func byIntake(_ deliveries: some Sequence<HeldDelivery>) -> [(Intake, [DeliveryTag])] {
        var tags = Intake.allCases.map { _ in [DeliveryTag]() }
        for delivery in deliveries { tags[delivery.intake.rawValue].append(delivery.tag) }
        return zip(Intake.allCases, tags).filter { !$0.1.isEmpty }
    }

    func forget(_ request: ActiveRequest) {
        requests[request.key] = nil
        forgetIdentity(of: request)
        releaseBytes(of: request)
        landAll(ledBy: request)
    }

    /// Lets a later delivery of the same request be another one: what this one was is on its way through another queue.
    func forgetIdentity(of request: ActiveRequest) {
        index.remove(request.key, identity: request.identity, cancelName: request.cancelName)
    }

    func after(_ delay: Duration, _ action: @escaping @Sendable (isolated ConsumerEngine) -> Void) {
        executor.schedule(at: executor.now + delay) { [weak self] in self?.assumeIsolated { action($0) } }
    }
}
