internal import EventLoop
internal import Logging
internal import Synchronization

/// The producer's heart: publishes requests, hears of their results, reads them and wakes their callers.
///
/// It runs on the transport's executor, so confirms, notifications and replies reach it without a thread hop; callers hop once to it and
/// once back. Encoding and decoding happen with the callers.
actor ProducerEngine {
    nonisolated let executor: any TimedExecutor
    nonisolated var unownedExecutor: UnownedSerialExecutor { executor.asUnownedSerialExecutor() }

    let transport: any Transport
    let configuration: ProducerConfiguration
    let naming: RequestNaming
    let telemetry: ProducerTelemetry
    /// The queues whose consumers take compressed requests, as far as they have said.
    nonisolated let consumersExpand = Mutex<Set<String>>([])

    /// Requests under way, by address.
    var inFlight: [String: Waiter] = [:]
    /// Requests that wait for their turn, by address.
    var queued: [String: Waiter] = [:]
    /// How many of a queue's requests are under way, and the order of those that wait, by queue.
    var lanes = Lanes()
    var deadlines = DeadlineQueue()
    var deadlineTimer: LoopTimer?
    /// Whether results would be heard of. Nothing is published before (G3).
    var isListening = false
    /// Whether the store tells of results, as far as is known.
    var announcements = Announcements()
    var replies: (any ReplyChannel)?
    /// Why results cannot be read at the moment.
    var readObstacle: TransportError?
    /// Why the run has ended …
    var failure: ServingError?
    /// … and who waits to hear it.
    private var closureWaiters: [UnsafeContinuation<ServingError, Never>] = []
    let marker: StoreMarker
    /// When to ask again for what is still not there after a loss: a consumer may have followed a fail-over later than we, and have stored
    /// results until then where nobody reads them.
    var secondLook: ContinuousClock.Instant?
    var mayMark = true
    /// When to look after the marker again, after it could not be written.
    var markerDue: ContinuousClock.Instant?
    var markerTrouble = Backoff()
    /// Counts the reads that have failed in a row, for the log.
    var readTrouble = Backoff()
    var marks: [StoreEntry] = []
    /// What writes them; `nil` when there are none.
    var marking: Task<Void, Never>?
    /// The keys of results that have been read.
    var keysRead: [String] = []
    var isRemovalScheduled = false
    var roundTrips = RoundTripEstimate()
    /// What collects calls that may share a message; `nil` if each has its own.
    var coalescer: Coalescer?
    var releaseTimer: LoopTimer?
    var isReleaseScheduled = false
    /// The results that are being asked for in the result queue.
    var fetching: Set<String> = []

    init(transport: any Transport, configuration: ProducerConfiguration, logger: Logger) {
        executor = transport.executor
        self.transport = transport
        let configuration = configuration.consistent
        self.configuration = configuration
        naming =
            switch configuration.dialect {
            case .native: RequestNaming(prefix: configuration.keyPrefix, using: ExecutorRandomness(executor))
            case .template: RequestNaming(uuidsUsing: ExecutorRandomness(executor))
            }
        coalescer = configuration.coalescing.map { Coalescer($0) }
        marker = StoreMarker(prefix: naming.keyPrefix)
        telemetry = ProducerTelemetry(queue: configuration.route.routingKey, producerID: naming.producerID, logger: logger)
    }

    // MARK: Life

    /// Listens for results until cancelled, or until the transport cannot go on.
    func run() async throws {
        do {
            try await withThrowingTaskGroup(of: Void.self) { group in
                group.addTask(executorPreference: executor) { try await self.transport.run() }
                group.addTask(executorPreference: executor) { try await self.listen() }
                group.addTask(executorPreference: executor) { try await self.sweepRegularly() }
                defer { group.cancelAll() }
                try await group.nextOrCause()
            }
            close(because: ServingError(code: .closed, message: "the client has been shut down"))
        } catch {
            let isShutdown = error is CancellationError || Task.isCancelled
            let reason =
                isShutdown
                ? ServingError(code: .closed, message: "the client has been shut down")
                : (error as? TransportError).map { ServingError($0) }
                    ?? ServingError(code: .unavailable, message: "\(error)", isRetryable: false)
            close(because: reason)
            if !isShutdown { throw reason }
        }
    }

    func close(because reason: ServingError) {
        failure = reason
        deadlineTimer?.cancel()
        let waiters = Array(inFlight.values) + Array(queued.values)
        inFlight = [:]
        queued = [:]
        for waiter in waiters {
            waiter.isOver = true
            waiter.recipient.fail(reason)
        }
        for group in coalescer?.takeAll() ?? [] { group.fail(reason) }
        for waiter in closureWaiters { waiter.resume(returning: reason) }
        closureWaiters = []
    }

    /// Why the run ends, for who only met a transport that has ended: the run hears of the cause a moment later.
    func untilClosed() async -> ServingError {
        if let failure { return failure }
        return await withUnsafeContinuation { closureWaiters.append($0) }
    }

    // MARK: Requests out

    /// Sends a request and returns the record that answers it.
    nonisolated func answer(to request: OutboundRequest) async throws -> [UInt8] {
        try await wait(for: request, isSubmission: false)
    }

    /// Publishes a request whose result somebody reads later, and returns when the broker has confirmed it.
    nonisolated func submit(_ request: OutboundRequest) async throws {
        _ = try await wait(for: request, isSubmission: true)
    }

    /// Waits outside of the actor: the caller then resumes where it belongs, without a detour by the actor's thread.
    nonisolated func wait(for request: OutboundRequest, isSubmission: Bool) async throws -> [UInt8] {
        try Task.checkCancellation()
        return try await withTaskCancellationHandler {
            try await withUnsafeThrowingContinuation { continuation in
                perform(on: executor) {
                    $0.begin(Waiter(request: request, isSubmission: isSubmission, recipient: .caller(continuation)))
                }
                // A cancellation from before the beginning has found nothing to abandon.
                if Task.isCancelled { perform(on: executor) { $0.abandon(request.address) } }
            }
        } onCancel: {
            perform(on: executor) { $0.abandon(request.address) }
        }
    }

    func begin(_ waiter: Waiter) {
        if let failure { return waiter.recipient.fail(failure) }
        let request = waiter.request
        guard request.deadline > executor.now else {
            return waiter.recipient.fail(ServingError.deadlinePassed(before: "the request was sent"))
        }
        watch(request)
        let lane = lanes.lane(of: request.queue(in: configuration))
        // What nobody waits for here needs nobody to listen.
        let isHeard = isListening || waiter.isSubmission
        if isHeard, !lane.isCrowded, lane.inFlightCount < configuration.maximumInFlight { return send(waiter, in: lane) }
        queued[request.address] = waiter
        waiter.lane = lane
        lane.append(request.address)
        sendQueued(in: lane)
    }

    /// Sends what waits for its turn, as far as there is room.
    func sendQueued(in lane: Lane) {
        while isListening, let address = lane.popFirst(within: configuration.maximumInFlight) {
            if let waiter = queued.removeValue(forKey: address) { send(waiter, in: lane) }
        }
    }

    private func send(_ waiter: Waiter, in lane: Lane) {
        waiter.sent = executor.now
        waiter.lane = lane
        lane.begin()
        inFlight[waiter.request.address] = waiter
        telemetry.inFlight(inFlight.count)
        publish(waiter)
    }

    func publish(_ waiter: Waiter) {
        let request = waiter.request
        let route = request.route ?? configuration.route
        let completion: @Sendable (Result<Void, TransportError>) -> Void = { [weak self] result in
            self?.assumeIsolated { $0.published(waiter, result) }
        }
        // The result of submitted work is stored, a reply would be in vain.
        if let replies, !waiter.isSubmission {
            replies.publish(request.message, to: route, completion: completion)
        } else {
            transport.broker.publish(request.message, to: route, completion: completion)
        }
    }

    /// A broker that is away, or a queue that a consumer may be about to declare, is tried again under the same id, for the consumer answers an
    /// id once.
    func published(_ waiter: Waiter, _ result: Result<Void, TransportError>) {
        if waiter.isOver { return }
        guard case .failure(let error) = result else {
            waiter.isConfirmed = true
            if waiter.isSubmission { finish(waiter.request.address, with: .success([])) }
            return
        }
        if error.code == .closed {
            // The run is ending, and then tells every caller why.
            waiter.obstacle = error
            return
        }
        var generator = ExecutorRandomness(executor)
        guard let retry = waiter.failed(with: error, at: executor.now, using: &generator) else {
            var reason = ServingError(error)
            if error.code == .overloaded { reason.retryAfter = roundTrips.retryHint }
            return finish(waiter.request.address, with: .failure(reason))
        }
        if retry.isWorthLogging { telemetry.retrying(waiter.request.message.messageID, error) }
        executor.schedule(at: executor.now + retry.delay) { [weak self] in
            self?.assumeIsolated { if !waiter.isOver { $0.publish(waiter) } }
        }
    }
}
