internal import EventLoop
internal import Logging

/// The consumer's heart: deliveries come in, inputs go to prediction threads in batches, results go out, and only then is a delivery settled.
///
/// It runs on the transport's executor, so deliveries, timers and confirms reach it without a thread hop. Its flow:
/// ``accept(_:)`` → ``BatchFormer`` → a prediction thread → ``complete(_:)`` → ``answer(_:)`` → acknowledge.
actor ConsumerEngine {
    enum Phase { case consuming, draining, stopped }

    nonisolated let executor: any TimedExecutor
    nonisolated var unownedExecutor: UnownedSerialExecutor { executor.asUnownedSerialExecutor() }

    let configuration: ConsumerConfiguration
    let transport: any Transport
    let program: PredictionProgram
    let telemetry: ConsumerTelemetry

    /// How many predictions run at once.
    nonisolated let concurrency: Int
    private(set) var phase = Phase.consuming
    private var source: (any DeliverySource)?
    private var lastKey: UInt64 = 0
    private var requests: [UInt64: ActiveRequest] = [:]
    /// The requests that can be told apart from a second delivery of themselves.
    private var keys: [ResultDestination: UInt64] = [:]
    private var former: BatchFormer<PredictionWork>
    private var delayTimer: LoopTimer?
    private let threads: ThreadPool
    /// Under way, each on a prediction thread; as many as ``concurrency`` allows.
    private var predictions: [UInt64: Task<Void, Never>] = [:]
    private var lastPrediction: UInt64 = 0
    private var toStore: [UInt64] = []
    private var storing: CheckedContinuation<[UInt64], Never>?
    private var drained: CheckedContinuation<Void, Never>?
    /// Finished when the engine stops.
    private let end = Mailbox<Never>()

    init(program: PredictionProgram, transport: any Transport, configuration: ConsumerConfiguration, logger: Logger) {
        executor = transport.executor
        self.configuration = configuration
        self.transport = transport
        self.program = program
        concurrency = max(1, configuration.concurrency ?? program.defaultConcurrency)
        threads = ThreadPool(threadCount: concurrency, name: "mlserving-pred")
        telemetry = ConsumerTelemetry(queue: configuration.queue.name, logger: logger)
        former = BatchFormer(limits: program.batchLimits)
    }

    // MARK: Life

    /// Consumes until drained or stopped.
    func run() async throws {
        var failure: (any Error)?
        do {
            try await withThrowingTaskGroup(of: Void.self) { group in
                group.addTask(executorPreference: executor) { try await self.takeIn() }
                group.addTask(executorPreference: executor) { await self.storeResults() }
                group.addTask(executorPreference: executor) { await self.stopWhenCancelled() }
                // Whatever is under way once the engine has stopped must not keep it, such as a wait for a server that is away.
                while try await group.next() != nil { if phase == .stopped { group.cancelAll() } }
            }
        } catch {
            failure = error
        }
        for prediction in predictions.values { await prediction.value }
        try Task.checkCancellation()
        if let failure, !(failure is CancellationError) { throw failure }
    }

    private func stopWhenCancelled() async {
        _ = try? await end.next()
        stop()
    }

    /// Stops intake, gives back what no prediction has begun on, and waits until the rest is answered (G8).
    func drain() async {
        guard phase == .consuming else { return }
        phase = .draining
        telemetry.draining(active: requests.count)
        if let source {
            let untouched = requests.values.filter { !$0.isStarted && !$0.isAnswering }
            former.removeAll { work in requests[work.request]?.isStarted == false }
            for request in untouched { forget(request) }
            // Given back before the intake has ended, they could come here again.
            await source.cancel()
            source.reject(untouched.flatMap(\.tags), requeue: true)
        }
        await withCheckedContinuation { continuation in
            if requests.isEmpty || phase == .stopped { continuation.resume() } else { drained = continuation }
        }
        stop()
    }

    /// Ends at once. What is not answered goes back to the queue with the connection.
    func stop() {
        phase = .stopped
        delayTimer?.cancel()
        for prediction in predictions.values { prediction.cancel() }
        storing?.resume(returning: [])
        storing = nil
        drained?.resume()
        drained = nil
        end.finish()
    }

    // MARK: Deliveries in

    private func open() async throws -> any DeliverySource {
        try await transport.broker.declare(configuration.queue)
        if let deadLetterQueue = configuration.deadLetterQueue { try await transport.broker.declare(deadLetterQueue) }
        let source = try await transport.broker.consume(configuration.queue.name, prefetch: configuration.prefetch)
        self.source = source
        if phase != .consuming { await source.cancel() }
        telemetry.ready(prefetch: configuration.prefetch, concurrency: concurrency)
        return source
    }

    private func takeIn() async throws {
        // Without intake there is nothing to wait for, unless a drain waits for what was taken in before.
        defer { if phase == .consuming { stop() } }
        let source = try await open()
        while case let deliveries = try await source.next(), !deliveries.isEmpty {
            let known = await alreadyAnswered(deliveries)
            for delivery in deliveries {
                if known.contains(delivery.tag) {
                    telemetry.duplicate(InboundRequest.id(of: delivery.message))
                    source.acknowledge([delivery.tag])
                } else {
                    accept(delivery)
                }
            }
            dispatch()
        }
    }

    /// Which redelivered requests have their result in the store already: they were answered, and only their settlement was lost.
    private func alreadyAnswered(_ deliveries: [Delivery]) async -> Set<DeliveryTag> {
        var tags: [DeliveryTag] = []
        var storeKeys: [String] = []
        for delivery in deliveries where delivery.isRedelivered {
            guard case .store(let key)? = ResultDestination(delivery.message) else { continue }
            tags.append(delivery.tag)
            storeKeys.append(key)
        }
        // When the store cannot tell, predicting again is safe: the first result wins.
        guard !tags.isEmpty, let known = try? await transport.store.contains(storeKeys) else { return [] }
        return Set(zip(tags, known).filter(\.1).map(\.0))
    }

    private func accept(_ delivery: Delivery) {
        guard phase == .consuming else {
            source?.reject([delivery.tag], requeue: true)
            return
        }
        let destination = ResultDestination(delivery.message)
        let identity = destination?.identifiesRequest == true ? destination : nil
        if let identity, let key = keys[identity], let request = requests[key] {
            // Given out again because a connection broke, or published twice: the one at work is the same request.
            request.add(delivery.tag)
            return
        }
        lastKey += 1
        let request = ActiveRequest(key: lastKey, delivery: delivery, destination: destination, executor: executor)
        requests[request.key] = request
        if let identity { keys[identity] = request.key }
        telemetry.accepted(request)
        do throws(ServingError) {
            let inbound = try InboundRequest(delivery.message, codecs: configuration.codecs)
            request.begin(inbound)
            if request.isExpired(at: executor.now) { throw ServingError.deadlinePassed(before: "the request reached a consumer") }
            for (index, input) in inbound.inputs.enumerated() {
                let work = PredictionWork(
                    request: request.key,
                    index: index,
                    input: input,
                    codec: inbound.codec,
                    deadline: request.deadline,
                    runsAlone: delivery.isRedelivered
                )
                former.add(work, at: executor.now, runsAlone: work.runsAlone)
            }
            if inbound.inputs.isEmpty { complete(request) }
        } catch {
            request.fail(with: error)
            complete(request)
        }
    }

    // MARK: Batches to the prediction threads

    /// Gives batches to prediction threads that are free.
    private func dispatch() {
        while phase != .stopped, predictions.count < concurrency, let batch = formBatch() {
            lastPrediction += 1
            predictions[lastPrediction] = predict(batch, as: lastPrediction)
        }
    }

    /// Predicts a batch on a prediction thread, and brings the outcomes back.
    ///
    /// A task for each batch, because one that lasted would come back to its thread for the next batch only by way of two more hops.
    private nonisolated func predict(_ batch: PredictionBatch, as number: UInt64) -> Task<Void, Never> {
        Task(executorPreference: threads) { [program, executor] in
            let start = executor.now
            let outcomes = await PredictionContext.$current.withValue(PredictionContext(deadline: batch.deadline)) {
                await program.predict(batch.work)
            }
            let done = PredictedBatch(batch: batch, outcomes: outcomes, duration: executor.now - start)
            self.perform(on: executor) { $0.take(done, from: number) }
        }
    }

    private func formBatch() -> PredictionBatch? {
        while true {
            switch former.next(at: executor.now) {
            case .idle:
                return nil
            case .wait(let until):
                delayTimer?.cancel()
                delayTimer = executor.schedule(at: until) { [weak self] in self?.assumeIsolated { $0.dispatch() } }
                return nil
            case .release(let work, let reason):
                let now = executor.now
                let live = work.filter { !expire($0, at: now) }
                if live.isEmpty { continue }
                for item in live { requests[item.request]?.start(at: now) }
                telemetry.released(count: live.count, reason: reason.rawValue)
                return PredictionBatch(work: live, deadline: live.compactMap(\.deadline).min())
            }
        }
    }

    /// Whether the caller has stopped waiting, in which case the input is done with.
    private func expire(_ work: PredictionWork, at now: ContinuousClock.Instant) -> Bool {
        guard let deadline = work.deadline, deadline <= now, let request = requests[work.request] else { return false }
        if request.set(.failure(.deadlinePassed(before: "it was predicted")), at: work.index) { complete(request) }
        return true
    }

    private func take(_ done: PredictedBatch, from number: UInt64) {
        predictions[number] = nil
        // What a cancelled prediction came to is no answer: the request goes back to the queue.
        if phase == .stopped { return }
        dispatch()
        telemetry.predicted(done)
        var previous: UInt64?
        for (work, outcome) in zip(done.batch.work, done.outcomes) {
            guard let request = requests[work.request] else { continue }
            if work.request != previous { request.predicting += done.duration }
            previous = work.request
            if request.set(outcome, at: work.index) { complete(request) }
        }
    }

    // MARK: Results out

    private func complete(_ request: ActiveRequest) {
        request.isAnswering = true
        telemetry.completed(request)
        layToRest(request)
    }

    /// Keeps what nobody can serve in the dead-letter queue, then answers.
    private func layToRest(_ request: ActiveRequest) {
        guard let reason = request.deadLetterReason, let queue = configuration.deadLetterQueue else { return answer(request) }
        let letter = request.deadLetter(because: reason, from: configuration.queue.name)
        transport.broker.publish(letter, to: Route(routingKey: queue.name)) { [weak self] result in
            self?.assumeIsolated { $0.deadLettered(request.key, result) }
        }
    }

    private func deadLettered(_ key: UInt64, _ result: Result<Void, TransportError>) {
        guard let request = requests[key] else { return }
        if case .failure(let error) = result, error.code == .connectionLost || error.code == .unavailable {
            telemetry.retrying("dead-letter", request, error)
            return retry { $0.layToRest(request) }
        }
        telemetry.deadLettered(request, result)
        answer(request)
    }

    private func answer(_ request: ActiveRequest) {
        switch request.destination {
        case .store:
            toStore.append(request.key)
            if let storing {
                self.storing = nil
                storing.resume(returning: takeToStore())
            }
        case .reply(let queue, let correlationID):
            guard let reply = request.reply(correlationID: correlationID) else { return settle([request]) }
            transport.broker.publish(reply, to: Route(routingKey: queue)) { [weak self] result in
                self?.assumeIsolated { $0.replied(request.key, result) }
            }
        case nil:
            settle([request])
        }
    }

    private func replied(_ key: UInt64, _ result: Result<Void, TransportError>) {
        guard let request = requests[key] else { return }
        if case .failure(let error) = result {
            if error.code == .connectionLost || error.code == .unavailable {
                telemetry.retrying("reply", request, error)
                return retry { $0.answer(request) }
            }
            // Nobody is there to read the reply any more; that is no reason to keep the request.
            telemetry.unanswered(request, error)
        }
        settle([request])
    }

    /// Stores what is ready, all in one round trip, until the engine stops.
    private func storeResults() async {
        while case let keys = await nextToStore(), !keys.isEmpty {
            let ready = keys.compactMap { requests[$0] }
            let entries = ready.compactMap { $0.storeEntry(timeToLive: configuration.resultTimeToLive) }
            while phase != .stopped, !Task.isCancelled {
                do {
                    let stored = try await transport.store.put(entries)
                    telemetry.stored(entries: entries.count, duplicates: stored.count { !$0 })
                    settle(ready)
                    break
                } catch {
                    telemetry.storeFailed(entries: entries.count, error)
                    try? await executor.sleep(until: executor.now + .milliseconds(100))
                }
            }
        }
    }

    private func nextToStore() async -> [UInt64] {
        await withCheckedContinuation { continuation in
            if phase == .stopped {
                continuation.resume(returning: [])
            } else if !toStore.isEmpty {
                continuation.resume(returning: takeToStore())
            } else {
                storing = continuation
            }
        }
    }

    private func takeToStore() -> [UInt64] {
        defer { toStore = [] }
        return toStore
    }

    /// Acknowledges what has been answered (G2).
    private func settle(_ answered: [ActiveRequest]) {
        source?.acknowledge(answered.flatMap(\.tags))
        for request in answered { forget(request) }
        if requests.isEmpty, let drained {
            self.drained = nil
            drained.resume()
        }
    }

    private func forget(_ request: ActiveRequest) {
        requests[request.key] = nil
        if let destination = request.destination, keys[destination] == request.key { keys[destination] = nil }
    }

    private func retry(_ action: @escaping @Sendable (isolated ConsumerEngine) -> Void) {
        executor.schedule(at: executor.now + .milliseconds(100)) { [weak self] in self?.assumeIsolated { action($0) } }
    }
}
