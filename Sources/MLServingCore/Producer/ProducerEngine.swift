internal import DequeModule
internal import EventLoop
internal import Logging

/// A request on its way out.
struct OutboundRequest: Sendable {
    let message: Message
    /// What the answer is found by: the result key in store mode, the request id in queue mode.
    let address: String
    let deadline: ContinuousClock.Instant
}

/// The producer's heart: publishes requests, hears of their results, reads them and wakes their callers.
///
/// It runs on the transport's executor, so confirms, notifications and replies reach it without a thread hop; callers hop once to it and
/// once back. Encoding and decoding happen with the callers.
actor ProducerEngine {
    private struct Waiter {
        let request: OutboundRequest
        /// Whether the caller waits for the broker's confirmation only; somebody reads the result later.
        var isSubmission = false
        let continuation: CheckedContinuation<[UInt8], any Error>
        var sent: ContinuousClock.Instant?
        /// Whether the broker has the request safely.
        var isConfirmed = false
        /// Why it has not; what the caller hears when time runs out over it.
        var obstacle: TransportError?
    }

    nonisolated let executor: any TimedExecutor
    nonisolated var unownedExecutor: UnownedSerialExecutor { executor.asUnownedSerialExecutor() }

    let transport: any Transport
    let configuration: ProducerConfiguration
    let naming: RequestNaming
    let telemetry: ProducerTelemetry

    /// Requests under way, by address.
    private var inFlight: [String: Waiter] = [:]
    /// Requests that wait for their turn, by address, and their order.
    private var queued: [String: Waiter] = [:]
    private var order: Deque<String> = []
    private var deadlines = DeadlineQueue()
    private var deadlineTimer: LoopTimer?
    /// Whether results would be heard of. Nothing is published before (G3).
    private var isListening = false
    /// Whether the store tells of results, as far as is known.
    private var isPushed = false
    private var replies: (any ReplyChannel)?
    /// Why results cannot be read at the moment.
    private var readObstacle: TransportError?
    private var failure: ServingError?
    private let marker: StoreMarker
    /// When to ask again for what is still not there after a loss: a consumer may have followed a fail-over later than we, and have stored
    /// results until then where nobody reads them.
    private var secondLook: ContinuousClock.Instant?
    private var mayMark = true
    private var marks: [StoreEntry] = []
    private var isMarking = false
    private var roundTrips = RoundTripEstimate()

    init(transport: any Transport, configuration: ProducerConfiguration, logger: Logger) {
        executor = transport.executor
        self.transport = transport
        self.configuration = configuration
        naming = RequestNaming(prefix: configuration.keyPrefix, using: ExecutorRandomness(executor))
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
                try await group.next()
            }
            close(because: ServingError(code: .closed, message: "the client has been shut down"))
        } catch {
            let isShutdown = error is CancellationError || Task.isCancelled
            let reason =
                isShutdown
                ? ServingError(code: .closed, message: "the client has been shut down")
                : (error as? TransportError).map { ServingError($0) } ?? ServingError(code: .unavailable, message: "\(error)")
            close(because: reason)
            if !isShutdown { throw reason }
        }
    }

    private func close(because reason: ServingError) {
        failure = reason
        deadlineTimer?.cancel()
        let waiters = Array(inFlight.values) + Array(queued.values)
        inFlight = [:]
        queued = [:]
        order = []
        for waiter in waiters { waiter.continuation.resume(throwing: reason) }
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
    private nonisolated func wait(for request: OutboundRequest, isSubmission: Bool) async throws -> [UInt8] {
        try Task.checkCancellation()
        return try await withTaskCancellationHandler {
            try await withCheckedThrowingContinuation { continuation in
                let waiter = Waiter(request: request, isSubmission: isSubmission, continuation: continuation)
                perform(on: executor) { $0.begin(waiter) }
                // A cancellation from before the beginning has found nothing to abandon.
                if Task.isCancelled { perform(on: executor) { $0.abandon(request.address) } }
            }
        } onCancel: {
            perform(on: executor) { $0.abandon(request.address) }
        }
    }

    private func begin(_ waiter: Waiter) {
        if let failure { return waiter.continuation.resume(throwing: failure) }
        let request = waiter.request
        guard request.deadline > executor.now else {
            return waiter.continuation.resume(throwing: ServingError.deadlinePassed(before: "the request was sent"))
        }
        watch(request)
        // What nobody waits for here needs nobody to listen.
        if isListening || waiter.isSubmission, order.isEmpty, inFlight.count < configuration.maximumInFlight { return send(waiter) }
        queued[request.address] = waiter
        order.append(request.address)
        sendQueued()
    }

    /// Sends what waits for its turn, as far as there is room.
    private func sendQueued() {
        while isListening, inFlight.count < configuration.maximumInFlight, let address = order.popFirst() {
            if let waiter = queued.removeValue(forKey: address) { send(waiter) }
        }
    }

    private func send(_ waiter: Waiter) {
        var waiter = waiter
        waiter.sent = executor.now
        inFlight[waiter.request.address] = waiter
        telemetry.inFlight(inFlight.count)
        publish(waiter.request)
    }

    private func publish(_ request: OutboundRequest) {
        let completion: @Sendable (Result<Void, TransportError>) -> Void = { [weak self] result in
            self?.assumeIsolated { $0.published(request, result) }
        }
        if let replies {
            replies.publish(request.message, to: configuration.route, completion: completion)
        } else {
            transport.broker.publish(request.message, to: configuration.route, completion: completion)
        }
    }

    /// A broker that is away is tried again under the same id, for the consumer answers an id once.
    private func published(_ request: OutboundRequest, _ result: Result<Void, TransportError>) {
        guard inFlight[request.address] != nil else { return }
        guard case .failure(let error) = result else {
            inFlight[request.address]?.isConfirmed = true
            if inFlight[request.address]?.isSubmission == true { finish(request.address, with: .success([])) }
            return
        }
        guard error.isTemporary else {
            var reason = ServingError(error)
            if error.code == .overloaded { reason.retryAfter = roundTrips.retryHint }
            return finish(request.address, with: .failure(reason))
        }
        inFlight[request.address]?.obstacle = error
        telemetry.retrying(request.message.messageID, error)
        executor.schedule(at: executor.now + .milliseconds(100)) { [weak self] in
            self?.assumeIsolated { engine in
                if engine.inFlight[request.address] != nil { engine.publish(request) }
            }
        }
    }

    // MARK: Results in

    private func listen() async throws {
        switch configuration.resultMode {
        case .store:
            try await transport.store.withNotifications(forKeysWithPrefix: naming.keyPrefix) { source in
                // A loss of data can be noticed from before the first request on.
                await self.sweep()
                await self.beginListening(isPushed: await source.isPushed)
                while true { await self.take(try await source.next(), from: source) }
            }
        case .queue:
            let replies = try await transport.broker.openReplyChannel()
            self.replies = replies
            beginListening(isPushed: true)
            while true { take(try await replies.next()) }
        }
    }

    private func beginListening(isPushed: Bool) {
        isListening = true
        self.isPushed = isPushed
        telemetry.ready()
        sendQueued()
    }

    private func take(_ notifications: Notifications, from source: any NotificationSource) async {
        if notifications.mayHaveMissed {
            isPushed = await source.isPushed
            await sweep(afterInterruption: true)
        } else {
            // A store that does not let us look whether it tells of writes, and tells of one, does tell of them.
            isPushed = true
            await read(notifications.keys.filter { inFlight[$0]?.isSubmission == false })
        }
    }

    /// The addresses of the results that somebody waits for.
    private var awaited: [String] {
        inFlight.compactMap { $1.isSubmission ? nil : $0 }
    }

    /// Reads every result that somebody waits for. If the store may have lost some, asks again for those that are not there (G3).
    private func sweep(afterInterruption: Bool = false) async {
        let waiting = awaited
        do {
            let hasLostData = try await storeHasLostData(afterInterruption: afterInterruption)
            await read(waiting)
            let isSecondLook = secondLook.map { $0 <= executor.now } ?? false
            if isSecondLook { secondLook = nil }
            if hasLostData { secondLook = executor.now + configuration.sweepInterval * 5 }
            guard hasLostData || isSecondLook else { return }
        } catch {
            return telemetry.readFailed(keys: waiting.count, error)
        }
        let unanswered = waiting.compactMap { inFlight[$0]?.request }
        telemetry.storeLostData(publishingAgain: unanswered.count)
        for request in unanswered { publish(request) }
    }

    /// Whether results may be gone. A store that does not let us leave a marker is taken to keep them.
    private func storeHasLostData(afterInterruption: Bool) async throws -> Bool {
        guard mayMark else { return false }
        do {
            return try await marker.check(in: transport.store, at: executor.now, afterInterruption: afterInterruption)
        } catch let error as TransportError where error.code == .refused {
            mayMark = false
            telemetry.lossesGoUnnoticed(error)
            return false
        }
    }

    /// Reads results and hands them to their callers.
    private func read(_ keys: [String]) async {
        var rest = keys[...]
        while !rest.isEmpty {
            let some = Array(rest.prefix(512))
            rest = rest.dropFirst(512)
            let values: [[UInt8]?]
            do {
                values = try await transport.store.get(some)
                readObstacle = nil
            } catch {
                readObstacle = error as? TransportError
                // The sweep reads them again.
                return telemetry.readFailed(keys: some.count, error)
            }
            var found: [String] = []
            for (key, value) in zip(some, values) {
                guard let value else { continue }
                found.append(key)
                finish(key, with: .success(value))
            }
            if !found.isEmpty { transport.store.remove(found) }
        }
    }

    private func take(_ replies: Replies) {
        for reply in replies.messages {
            if let id = reply.correlationID { finish(id, with: .success(reply.body)) }
        }
        // The address that earlier requests gave is gone with its connection: ask again from the new one.
        if replies.mayHaveMissed { for waiter in inFlight.values { publish(waiter.request) } }
    }

    private func sweepRegularly() async throws {
        while true {
            let interval = isPushed ? configuration.sweepInterval : configuration.pollInterval
            try await executor.sleep(until: executor.now + interval)
            if configuration.resultMode == .store { await sweep() }
        }
    }

    // MARK: Ends of waits

    private func finish(_ address: String, with result: Result<[UInt8], any Error>) {
        guard let waiter = inFlight.removeValue(forKey: address) else { return }
        if case .success = result, !waiter.isSubmission, let sent = waiter.sent { roundTrips.add(executor.now - sent) }
        waiter.continuation.resume(with: result)
        telemetry.inFlight(inFlight.count)
        forgetEnded()
        if !order.isEmpty { sendQueued() }
    }

    /// Ends a request that has not been sent.
    private func drop(_ address: String, because error: any Error) -> Bool {
        guard let waiter = queued.removeValue(forKey: address) else { return false }
        waiter.continuation.resume(throwing: error)
        forgetEnded()
        return true
    }

    /// Keeps what is remembered of ended requests in proportion to those that are not.
    private func forgetEnded() {
        deadlines.compact(liveCount: inFlight.count + queued.count) { inFlight[$0] != nil || queued[$0] != nil }
        if order.count > 2 * queued.count + 64 { order.removeAll { queued[$0] == nil } }
    }

    private func abandon(_ address: String) {
        if drop(address, because: CancellationError()) { return }
        guard let waiter = inFlight[address] else { return }
        finish(address, with: .failure(CancellationError()))
        if configuration.resultMode == .store, !waiter.isSubmission {
            mark(CancelMark.entry(for: address, queue: configuration.route.routingKey, timeToLive: waiter.request.deadline - executor.now))
        }
    }

    /// Leaves a mark that stops work on a request that has been sent (G7). Best effort: what is not marked ends with its deadline.
    private func mark(_ entry: StoreEntry) {
        guard marks.count < configuration.maximumInFlight else { return }
        marks.append(entry)
        if isMarking { return }
        isMarking = true
        Task(executorPreference: executor) { await self.writeMarks() }
    }

    private func writeMarks() async {
        while !marks.isEmpty {
            let entries = marks
            marks = []
            do { _ = try await transport.store.put(entries) } catch { telemetry.notMarked(entries.count, error) }
        }
        isMarking = false
    }

    private func watch(_ request: OutboundRequest) {
        let earliest = deadlines.first
        deadlines.insert(request.address, deadline: request.deadline)
        if earliest.map({ request.deadline < $0 }) ?? true { armDeadlineTimer() }
    }

    private func armDeadlineTimer() {
        deadlineTimer?.cancel()
        deadlineTimer = deadlines.first.map { first in
            executor.schedule(at: first) { [weak self] in self?.assumeIsolated { $0.expire() } }
        }
    }

    private func expire() {
        for address in deadlines.popExpired(at: executor.now) {
            if queued[address] != nil {
                _ = drop(address, because: notSentInTime())
            } else if let waiter = inFlight[address] {
                let error = reason(forExpiryOf: waiter)
                telemetry.expired(waiter.request.message.messageID)
                finish(address, with: .failure(error))
            }
        }
        armDeadlineTimer()
    }

    private func reason(forExpiryOf waiter: Waiter) -> ServingError {
        if waiter.isConfirmed { return readObstacle.map { ServingError($0) } ?? .noResult }
        if let obstacle = waiter.obstacle { return ServingError(obstacle) }
        let message = "the broker did not take the request within the deadline; it may be away, or short of memory or disk"
        return ServingError(code: .unavailable, message: message, isRetryable: true)
    }

    private func notSentInTime() -> ServingError {
        guard isListening else {
            return ServingError(code: .unavailable, message: "no connection to broker and store within the deadline", isRetryable: true)
        }
        var reason = ServingError(
            code: .overloaded, message: "\(inFlight.count) requests are in flight, none ended in time", isRetryable: true)
        reason.retryAfter = roundTrips.retryHint
        return reason
    }
}

extension ServingError {
    /// The request was sent, and time ran out.
    static let noResult = ServingError(code: .expired, message: "the deadline passed before a result came", isRetryable: true)
}
