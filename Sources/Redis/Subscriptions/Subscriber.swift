internal import EventLoop
internal import Logging

/// The connection for subscriptions: opened for the first of them, restored when it breaks, shared by all.
actor Subscriber {
    typealias FeedIdentifier = SubscriptionSet.Feed

    private let configuration: RedisConfiguration
    private nonisolated let loop: EventLoop
    private let logger: Logger
    private let failures: RecurringFailures
    private let troubled: @Sendable () -> Void
    private let interruption = Interruption()
    private var set = SubscriptionSet()
    private var feeds: Feeds
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

    /// - Parameters:
    ///   - failures: Which failed attempts to connect are logged as warnings; shared with the connection for commands.
    ///   - troubled: Called on the loop's thread when the connection is lost or cannot be made.
    init(
        configuration: RedisConfiguration, loop: EventLoop, logger: Logger, failures: RecurringFailures,
        troubled: @escaping @Sendable () -> Void
    ) {
        self.configuration = configuration
        self.loop = loop
        self.logger = logger
        self.failures = failures
        self.troubled = troubled
        feeds = Feeds(maximumBytes: configuration.maximumSubscriptionBytes)
        heartbeat = Heartbeat(interval: configuration.subscriptionPingInterval, patience: configuration.commandTimeout, now: .now)
    }

    // MARK: Subscriptions

    /// Subscribes, and returns once the server has confirmed all targets.
    func open(_ targets: [SubscriptionTarget]) async throws -> FeedIdentifier {
        try Task.checkCancellation()
        let confirmed = OneShot<Void>()
        let identifier = add(targets, .reader(confirmed: confirmed))
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

    /// Subscribes, and hands everything to a handler, never before this method returns.
    func open(_ targets: [SubscriptionTarget], handler: @escaping Feeds.Handler) -> FeedIdentifier {
        add(targets, .handler(handler))
    }

    private func add(_ targets: [SubscriptionTarget], _ receiver: Feeds.Receiver) -> FeedIdentifier {
        let identifier = feeds.add(receiver)
        if isStopped {
            fail(identifier, .stopped)
        } else {
            let (requests, isEstablished) = set.add(identifier, targets: targets)
            send(requests)
            if isEstablished { feeds.establish([identifier]) }
            demand?.succeed()
        }
        scheduleEndOfTurn()
        return identifier
    }

    /// Everything that has arrived for a subscription; waits until something has.
    func next(_ identifier: FeedIdentifier) async throws -> RedisSubscriptionEvents {
        while true {
            let arrived = OneShot<Void>()
            if let events = try feeds.take(identifier, orSignal: arrived) { return events }
            defer { feeds.stopSignalling(identifier) }
            try await arrived.wait()
        }
    }

    func close(_ identifier: FeedIdentifier) {
        feeds.remove(identifier)
        send(set.remove(identifier))
    }

    // MARK: Life

    /// Connects whenever somebody subscribes, until cancelled.
    func keepConnected() async {
        let connector = Connector(
            configuration: configuration, loop: loop, clientName: configuration.clientName.map { $0 + "-subscriptions" }
        )
        await Reconnection(connector: connector, interruption: interruption).run {
            try await waitForDemand()
        } serve: { wire in
            try await ensureKeyspaceEvents(on: wire)
            await serve(wire)
        } failed: { error in
            note(failure: error)
        }
        isStopped = true
        for identifier in feeds.identifiers { fail(identifier, .stopped) }
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
        let deadline = LoopDeadline(
            loop: loop, instant: .now.advanced(by: configuration.commandTimeout),
            error: RedisError(.cannotConnect, "no reply to CONFIG in time", node: wire.node)
        )
        let negotiation = try await KeyspaceEventsNegotiation.run(for: configuration.keyspaceEvents, on: wire, before: deadline)
        if case .unavailable(let reason) = negotiation.status, negotiation.status != keyspaceEventsStatus {
            let metadata = Logger.Metadata([.node: wire.node, .reason: reason])
            if negotiation.refusal == .toLook {
                // They may well be on, and whoever waits for them finds out.
                logger.info("Redis does not tell whether keyspace notifications are on", metadata: metadata)
            } else {
                logger.warning("keyspace notifications are off, and Redis does not let us switch them on", metadata: metadata)
            }
        }
        keyspaceEventsStatus = negotiation.status
    }

    /// Whether somebody has subscribed to what the server may or may not publish.
    var needsKeyspaceEvents: Bool { !configuration.keyspaceEvents.isEmpty && !set.isEmpty && wire != nil }

    /// Takes what has been found out since about the server's setting. Subscribers are told when it has changed, for they may have missed
    /// something, or are going to.
    func review(_ status: KeyspaceEventsStatus, wasSwitchedOn: Bool) {
        let wasEnabled = keyspaceEventsStatus == .enabled
        let isEnabled = status == .enabled
        guard wasEnabled != isEnabled || wasSwitchedOn else { return }
        keyspaceEventsStatus = status
        switch status {
        case .unavailable(let reason):
            logger.warning("keyspace notifications have been switched off", metadata: .init([.reason: reason]))
        case .enabled where wasSwitchedOn:
            logger.warning("keyspace notifications had been switched off, they are on again")
        case .enabled, .unknown:
            logger.notice("keyspace notifications have been switched on")
        }
        feeds.markMissed()
        scheduleEndOfTurn()
    }

    /// Whether there is a connection, or no need of one.
    var isConnectedWhereNeeded: Bool { wire != nil || set.isEmpty }

    /// Why there is no connection, where one is needed.
    var problem: RedisError? { isConnectedWhereNeeded ? nil : lastFailure }

    private func serve(_ wire: Wire) async {
        let end = OneShot<Void>()
        connectionEnd = end
        self.wire = wire
        lastFailure = nil
        failures.reset()
        heartbeat = Heartbeat(interval: configuration.subscriptionPingInterval, patience: configuration.commandTimeout, now: .now)
        wire.watch { [weak self] readiness in self?.assumeIsolated { $0.wireIsReady(readiness) } }
        logger.info("connected to Redis for subscriptions", metadata: .init([.node: wire.node]))
        send(set.connect())
        armTimer()
        try? await end.wait()
        disconnect(because: nil)
    }

    /// Leaves any other node.
    ///
    /// - Parameter node: Where to go on; `nil` if that is still to be found out.
    func connect(to node: RedisNode?) {
        if let wire, wire.node == node { return }
        interruption.interrupt()
        disconnect(because: RedisError(.connectionLost, "another node has taken this one's place", node: wire?.node))
    }

    private func disconnect(because error: RedisError?) {
        guard let wire else { return }
        self.wire = nil
        wire.close()
        set.disconnect()
        timer?.cancel()
        if let error {
            lastFailure = error
            logger.warning("lost the connection to Redis for subscriptions", metadata: .init([.node: wire.node, .error: error]))
        }
        connectionEnd?.succeed()
        if error != nil { troubled() }
    }

    private func note(failure error: RedisError) {
        lastFailure = error
        logger.log(
            level: failures.isWorthLogging("\(error)") ? .warning : .debug, "cannot connect to Redis for subscriptions",
            metadata: .init([.error: error]))
        troubled()
        guard error.isRefusal else { return }
        for identifier in feeds.unestablished { fail(identifier, error) }
    }

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
            deliver()
        } catch {
            deliver()
            disconnect(because: error)
        }
    }

    private func receive(_ reply: RedisReply) -> SubscriptionSet.Action {
        let action = set.receive(reply)
        switch action {
        case .none, .violation:
            break
        case .deliver(let message, let identifiers):
            feeds.append(message, to: identifiers)
        case .established(let identifiers):
            feeds.establish(identifiers)
        case .rejected(let identifiers, let target, let error):
            let refusal = RedisError(
                error.prefix == "NOPERM" ? .notPermitted : .rejected,
                "the server refuses the subscription to \(target.name): \(error.message)", node: wire?.node, serverError: error
            )
            for identifier in identifiers { fail(identifier, refusal) }
        }
        return action
    }

    private func fail(_ identifier: FeedIdentifier, _ error: RedisError) {
        feeds.fail(identifier, error)
        send(set.remove(identifier))
        scheduleEndOfTurn()
    }

    /// Tells each subscriber once of everything that has arrived.
    private func deliver() {
        for notice in feeds.takeNotices() { notice.deliver() }
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
        deliver()
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
