internal import EventLoop
internal import Logging

/// The connection for subscriptions: opened for the first of them, restored when it breaks, shared by all.
actor Subscriber {
    typealias FeedIdentifier = SubscriptionSet.Feed

    /// Where the messages of one subscription go.
    private struct Feed {
        var buffer: FeedBuffer
        /// Waits for the first confirmation.
        let confirmed: OneShot<Void>?
        /// Waits for something to arrive.
        var arrived: OneShot<Void>?
        let handler: (@Sendable (Result<RedisSubscriptionEvents, RedisError>) -> Void)?
        var wasEstablished = false
        var failure: RedisError?
    }

    private let configuration: RedisConfiguration
    private nonisolated let loop: EventLoop
    private let logger: Logger
    private var set = SubscriptionSet()
    private var feeds: [FeedIdentifier: Feed] = [:]
    private var lastIdentifier: FeedIdentifier = 0
    private var touched: Set<FeedIdentifier> = []
    private(set) var keyspaceEventsStatus = KeyspaceEventsStatus.unknown

    private var wire: Wire?
    private var demand: OneShot<Void>?
    private var connectionEnd: OneShot<Void>?
    private var lastFailure: RedisError?
    private var isStopped = false
    private var flushIsScheduled = false
    private var heartbeat: Heartbeat
    private var timer: LoopTimer?

    nonisolated var unownedExecutor: UnownedSerialExecutor { loop.asUnownedSerialExecutor() }

    init(configuration: RedisConfiguration, loop: EventLoop, logger: Logger) {
        self.configuration = configuration
        self.loop = loop
        self.logger = logger
        heartbeat = Heartbeat(interval: configuration.subscriptionPingInterval, patience: configuration.commandTimeout, now: .now)
    }

    // MARK: Subscriptions

    /// Subscribes, and returns once the server has confirmed all targets.
    func open(_ targets: [SubscriptionTarget]) async throws -> FeedIdentifier {
        try Task.checkCancellation()
        let confirmed = OneShot<Void>()
        let identifier = add(targets, confirmed: confirmed, handler: nil)
        let names = targets.map(\.name).joined(separator: ", ")
        let deadline = LoopDeadline(
            loop: loop, instant: .now.advanced(by: configuration.commandTimeout),
            error: RedisError(.timedOut, "the subscription to \(names) was not confirmed in time", underlying: lastFailure)
        )
        do {
            try await deadline.bound(confirmed)
        } catch {
            close(identifier)
            throw error
        }
        return identifier
    }

    /// Subscribes, and hands everything to a handler.
    func open(
        _ targets: [SubscriptionTarget], handler: @escaping @Sendable (Result<RedisSubscriptionEvents, RedisError>) -> Void
    ) -> FeedIdentifier {
        add(targets, confirmed: nil, handler: handler)
    }

    private func add(
        _ targets: [SubscriptionTarget], confirmed: OneShot<Void>?,
        handler: (@Sendable (Result<RedisSubscriptionEvents, RedisError>) -> Void)?
    ) -> FeedIdentifier {
        lastIdentifier += 1
        let identifier = lastIdentifier
        let buffer = FeedBuffer(maximumBytes: configuration.maximumSubscriptionBytes)
        feeds[identifier] = Feed(buffer: buffer, confirmed: confirmed, handler: handler)
        if isStopped {
            fail(identifier, closedError)
            return identifier
        }
        if wire == nil, let lastFailure, lastFailure.code == .rejected {
            fail(identifier, lastFailure)
            return identifier
        }
        let (requests, isEstablished) = set.add(identifier, targets: targets)
        send(requests)
        if isEstablished { establish([identifier]) }
        // A handler is never called before its owner knows the identifier.
        scheduleEndOfTurn()
        demand?.succeed()
        return identifier
    }

    /// Everything that has arrived for a subscription; waits until something has.
    func next(_ identifier: FeedIdentifier) async throws -> RedisSubscriptionEvents {
        while true {
            guard let feed = feeds[identifier] else { throw RedisError(.closed, "the subscription's scope has been left") }
            if let events = feeds[identifier]?.buffer.take() { return events }
            if let failure = feed.failure { throw failure }
            if feed.arrived != nil { throw RedisError(.overloaded, "a subscription is read by one task at a time") }
            let arrived = OneShot<Void>()
            feeds[identifier]?.arrived = arrived
            defer { feeds[identifier]?.arrived = nil }
            try await arrived.wait()
        }
    }

    func close(_ identifier: FeedIdentifier) {
        touched.remove(identifier)
        guard let feed = feeds.removeValue(forKey: identifier) else { return }
        feed.arrived?.fail(RedisError(.closed, "the subscription's scope has been left"))
        send(set.remove(identifier))
    }

    // MARK: Life

    /// Connects whenever somebody subscribes, until cancelled.
    func keepConnected() async {
        let connector = Connector(
            configuration: configuration, loop: loop, clientName: configuration.clientName.map { $0 + "-subscriptions" }
        )
        var backoff = Backoff(
            base: configuration.reconnectDelay, maximum: configuration.maximumReconnectDelay, generator: SystemRandomNumberGenerator()
        )
        while !Task.isCancelled {
            do {
                try await waitForDemand()
                let wire = try await connector.connect()
                try await ensureKeyspaceEvents(on: wire)
                let start = ContinuousClock.now
                await serve(wire)
                if start.duration(to: .now) >= configuration.maximumReconnectDelay { backoff.reset() }
                if Task.isCancelled { break }
            } catch is CancellationError {
                break
            } catch {
                note(failure: error)
            }
            guard (try? await loop.sleep(until: .now.advanced(by: backoff.next()))) != nil else { break }
        }
        isStopped = true
        for identifier in feeds.keys { fail(identifier, closedError) }
    }

    private func waitForDemand() async throws {
        guard set.isEmpty else { return }
        let demand = OneShot<Void>()
        self.demand = demand
        defer { self.demand = nil }
        try await demand.wait()
    }

    /// Before subscribing: what is subscribed to is then published, and whoever is told to read anew misses nothing later.
    private func ensureKeyspaceEvents(on wire: Wire) async throws {
        var negotiation = KeyspaceEventsNegotiation(needed: configuration.keyspaceEvents)
        let deadline = LoopDeadline(
            loop: loop, instant: .now.advanced(by: configuration.commandTimeout),
            error: RedisError(.cannotConnect, "no reply to CONFIG in time", node: wire.node)
        )
        var action = negotiation.begin()
        while case .send(let command) = action {
            action = negotiation.receive(try await wire.exchange([command], before: deadline)[0])
        }
        guard case .finish(let status) = action else { return }
        if case .unavailable(let reason) = status, status != keyspaceEventsStatus {
            logger.warning(
                "Redis does not let us switch keyspace notifications on", metadata: .init([.node: wire.node, .reason: reason])
            )
        }
        keyspaceEventsStatus = status
    }

    private func serve(_ wire: Wire) async {
        let end = OneShot<Void>()
        connectionEnd = end
        self.wire = wire
        lastFailure = nil
        heartbeat = Heartbeat(interval: configuration.subscriptionPingInterval, patience: configuration.commandTimeout, now: .now)
        wire.watch { [weak self] readiness in self?.assumeIsolated { $0.wireIsReady(readiness) } }
        logger.info("connected to Redis for subscriptions", metadata: .init([.node: wire.node]))
        send(set.connect())
        armTimer()
        try? await end.wait()
        disconnect(because: nil)
    }

    /// Ends the connection so that another node can be found.
    func reconnect() {
        disconnect(because: RedisError(.connectionLost, "the node takes no more writes", node: wire?.node))
    }

    private func disconnect(because error: RedisError?) {
        guard let wire else { return }
        self.wire = nil
        wire.close()
        set.disconnect()
        timer?.cancel()
        if let error {
            logger.warning("lost the connection to Redis for subscriptions", metadata: .init([.node: wire.node, .error: error]))
        }
        connectionEnd?.succeed()
    }

    private func note(failure: any Error) {
        let error = failure as? RedisError ?? RedisError(.cannotConnect, "no connection", underlying: failure)
        lastFailure = error
        logger.warning("cannot connect to Redis for subscriptions", metadata: .init([.error: error]))
        guard error.code == .rejected else { return }
        for (identifier, feed) in feeds where !feed.wasEstablished { fail(identifier, error) }
    }

    private var closedError: RedisError { RedisError(.closed, "the Redis client has been stopped") }

    // MARK: Replies

    private func wireIsReady(_ readiness: Readiness) {
        guard let wire else { return }
        do throws(RedisError) {
            if readiness.contains(.writable) { try wire.flush() }
            var violation: String?
            try wire.readReplies { reply in
                if case .violation(let reason) = receive(reply) { violation = reason }
            }
            if let violation { throw RedisError(.protocolViolation, violation, node: wire.node) }
            heartbeat.received(owesMore: set.hasUnanswered, now: .now)
            deliverTouched()
        } catch {
            deliverTouched()
            disconnect(because: error)
        }
    }

    private func receive(_ reply: RedisReply) -> SubscriptionSet.Action {
        let action = set.receive(reply)
        switch action {
        case .none, .violation:
            break
        case .deliver(let message, let identifiers):
            for identifier in identifiers {
                feeds[identifier]?.buffer.append(message)
                touched.insert(identifier)
            }
        case .established(let identifiers):
            establish(identifiers)
        case .rejected(let identifiers, let target, let error):
            let refusal = RedisError(
                .rejected, "the server refuses the subscription to \(target.name): \(error.message)", node: wire?.node, serverError: error
            )
            for identifier in identifiers { fail(identifier, refusal) }
        }
        return action
    }

    private func establish(_ identifiers: [FeedIdentifier]) {
        for identifier in identifiers {
            guard let feed = feeds[identifier] else { continue }
            if feed.wasEstablished || feed.handler != nil {
                feeds[identifier]?.buffer.markMissed()
                touched.insert(identifier)
            }
            feeds[identifier]?.wasEstablished = true
            feed.confirmed?.succeed()
        }
    }

    private func fail(_ identifier: FeedIdentifier, _ error: RedisError) {
        guard let feed = feeds[identifier], feed.failure == nil else { return }
        feeds[identifier]?.failure = error
        feed.confirmed?.fail(error)
        feed.arrived?.succeed()
        touched.insert(identifier)
        send(set.remove(identifier))
        scheduleEndOfTurn()
    }

    /// Wakes each subscriber once for everything that has arrived.
    private func deliverTouched() {
        let identifiers = touched
        touched.removeAll(keepingCapacity: true)
        for identifier in identifiers {
            guard let feed = feeds[identifier] else { continue }
            guard let handler = feed.handler else {
                feed.arrived?.succeed()
                continue
            }
            if let events = feeds[identifier]?.buffer.take() { handler(.success(events)) }
            if let failure = feed.failure {
                feeds[identifier] = nil
                handler(.failure(failure))
            }
        }
    }

    // MARK: Requests

    private func send(_ requests: [SubscriptionSet.Request]) {
        guard let wire, !requests.isEmpty else { return }
        for request in requests { wire.append(request.command) }
        heartbeat.sent(now: .now)
        armTimer()
        scheduleEndOfTurn()
    }

    private func scheduleEndOfTurn() {
        guard !flushIsScheduled else { return }
        flushIsScheduled = true
        loop.atEndOfTurn { self.assumeIsolated { $0.endTurn() } }
    }

    private func endTurn() {
        flushIsScheduled = false
        deliverTouched()
        do throws(RedisError) {
            try wire?.flush()
        } catch {
            disconnect(because: error)
        }
    }

    // MARK: Time

    private func armTimer() {
        if let timer, timer.isPending { timer.cancel() }
        timer = loop.schedule(at: heartbeat.deadline) { [weak self] in self?.assumeIsolated { $0.timeIsUp() } }
    }

    private func timeIsUp() {
        guard let wire else { return }
        switch heartbeat.look(now: .now) {
        case .none: armTimer()
        case .ping: send([set.ping()])
        case .giveUp:
            disconnect(because: RedisError(.replyTimedOut, "no sign of life; the connection is given up", node: wire.node))
        }
    }
}

extension SubscriptionSet.Request {
    fileprivate var command: RedisCommand {
        switch self {
        case .ping: .ping
        case .subscribe(let target): .words(target.kind == .channel ? "SUBSCRIBE" : "PSUBSCRIBE", [target.name])
        case .unsubscribe(let target): .words(target.kind == .channel ? "UNSUBSCRIBE" : "PUNSUBSCRIBE", [target.name])
        }
    }
}
