public import EventLoop
public import Logging

/// A connection to Redis that is restored when it breaks, shared by all tasks of a process.
///
/// Commands of many tasks share one connection and are pipelined: those of one turn of the loop are written together. Subscriptions have
/// a second connection, opened for the first of them. Nothing happens until ``run()`` is called, which stays until it is cancelled.
///
/// ```swift
/// let redis = RedisClient(configuration: configuration, loop: loop, logger: logger)
/// try await withThrowingTaskGroup(of: Void.self) { group in
///     group.addTask { try await redis.run() }
///     try await redis.set("greeting", to: Array("hello".utf8), expiry: .seconds(60))
///     group.cancelAll()
/// }
/// ```
///
/// A command that is issued without a connection waits for one, no longer than its timeout. A command that is unanswered when the
/// connection ends fails with ``RedisError/Code/connectionLost``: whether to repeat it is for the caller to decide, who knows whether it
/// may run twice.
///
/// The actor runs on the loop that it is given. Other actors of that loop call it without a thread hop, through `assumeIsolated` and the
/// methods that take a completion.
public actor RedisClient {
    /// How long a node that has been replaced may take to answer what it was asked.
    private static let partingTime = Duration.milliseconds(500)

    private enum Phase {
        case idle
        case running
        case stopping
        case stopped
    }

    /// The configuration it was made with.
    public nonisolated let configuration: RedisConfiguration

    nonisolated let loop: EventLoop
    nonisolated let subscriber: Subscriber
    private let sentinelWatch: SentinelWatch?
    private let logger: Logger
    private let failures = RecurringFailures()
    /// Told when the connection is lost or cannot be made.
    private let troubled: @Sendable () -> Void
    private var phase = Phase.idle
    private var queue: CommandQueue<CommandWaiter>

    private var wire: Wire?
    /// How often the connection for commands has been made; all but the first are reconnects.
    public private(set) var connectCount = 0
    private var connectionEnd: OneShot<Void>?
    private var connectionWaiters: [UInt64: OneShot<Void>] = [:]
    private var drained: CheckedContinuation<Void, Never>?
    private var lastFailure: RedisError?
    private var isRetiring = false
    private let interruption = Interruption()
    private var wasUnsolicited = false
    private var eventsReview = KeyspaceEventsReview()

    private var flushIsScheduled = false
    private var timer: LoopTimer?
    private var timerDeadline: ContinuousClock.Instant?
    private lazy var flushAtEndOfTurn: @Sendable () -> Void = { [weak self] in self?.assumeIsolated { $0.flush() } }

    /// The loop's executor.
    public nonisolated var unownedExecutor: UnownedSerialExecutor { loop.asUnownedSerialExecutor() }

    /// Makes a client that does nothing until ``run()``.
    ///
    /// - Parameters:
    ///   - configuration: Where to connect to, and the limits.
    ///   - loop: The loop to run on, best shared with those who use the client most.
    ///   - logger: Told of connections made and lost.
    public init(configuration: RedisConfiguration, loop: EventLoop, logger: Logger) {
        self.init(configuration: configuration, loop: loop, logger: logger, troubled: {})
    }

    /// - Parameter troubled: Called on the loop's thread when a connection is lost or cannot be made.
    init(configuration: RedisConfiguration, loop: EventLoop, logger: Logger, troubled: @escaping @Sendable () -> Void) {
        self.configuration = configuration
        self.loop = loop
        self.logger = logger
        self.troubled = troubled
        subscriber = Subscriber(configuration: configuration, loop: loop, logger: logger, failures: failures, troubled: troubled)
        sentinelWatch = SentinelWatch(configuration, loop: loop, logger: logger)
        queue = CommandQueue(
            maximumCommands: configuration.maximumCommandsInFlight, maximumBytes: configuration.maximumBytesInFlight,
            patience: configuration.commandTimeout
        )
    }

    // MARK: Life

    /// Keeps the client connected until the task is cancelled; then lets issued commands finish, each to its timeout, and disconnects.
    ///
    /// - Throws: ``RedisError/Code/invalidConfiguration``, or ``RedisError/Code/closed`` when it has been called before.
    public func run() async throws {
        guard phase == .idle else { throw RedisError(.closed, "a Redis client runs once; make another") }
        try configuration.validate()
        phase = .running
        await withTaskGroup(of: Void.self) { group in
            group.addTask { await self.keepConnected() }
            group.addTask { await self.subscriber.keepConnected() }
            group.addTask { await self.keepAsking() }
            if sentinelWatch != nil {
                group.addTask { await self.sentinelWatch?.keepConnected() }
                group.addTask { await self.followMaster() }
            }
        }
    }

    /// Waits until commands can be sent.
    ///
    /// - Throws: ``RedisError/Code/rejected`` when the server refuses us, ``RedisError/Code/tlsFailed``, ``RedisError/Code/closed``, or
    ///   `CancellationError`.
    public func waitUntilConnected() async throws {
        if phase == .stopping || phase == .stopped { throw RedisError.stopped }
        if wire != nil { return }
        if let lastFailure, lastFailure.isRefusal { throw lastFailure }
        let identifier = queue.makeIdentifier()
        let connected = OneShot<Void>()
        connectionWaiters[identifier] = connected
        defer { connectionWaiters[identifier] = nil }
        try await connected.wait()
    }

    /// The node that the client is connected to.
    public var connectedNode: RedisNode? { wire?.node }

    /// Whether there is a connection, on which no command has been unanswered since before a moment.
    func isAnswering(since moment: ContinuousClock.Instant) -> Bool {
        wire != nil && queue.oldestUnanswered.map { $0 >= moment } ?? true
    }

    private func keepConnected() async {
        let connector = Connector(configuration: configuration, loop: loop, clientName: configuration.clientName)
        await Reconnection(connector: connector, interruption: interruption).run { wire in
            await serve(wire)
        } failed: { error in
            note(failure: error)
        }
        stop()
    }

    private func serve(_ wire: Wire) async {
        let end = OneShot<Void>()
        connectionEnd = end
        self.wire = wire
        connectCount += 1
        lastFailure = nil
        failures.reset()
        isRetiring = false
        wasUnsolicited = false
        eventsReview = KeyspaceEventsReview()
        wire.watch { [weak self] readiness in self?.assumeIsolated { $0.wireIsReady(readiness) } }
        logger.info("connected to Redis", metadata: .init([.node: wire.node]))
        queue.open()
        sendWaiting()
        for waiter in connectionWaiters.values { waiter.succeed() }
        do {
            try await end.wait()
        } catch {
            // Cancelled: what was issued may finish, nothing more may be issued.
            phase = .stopping
            await withCheckedContinuation { continuation in
                // The look and the wait are one step: nothing can happen in between.
                if self.wire != nil, queue.hasUnanswered || queue.waitingCount > 0 {
                    drained = continuation
                } else {
                    continuation.resume()
                }
            }
        }
        disconnect(because: nil)
    }

    // MARK: Signs of life

    /// Why the server cannot be used at the moment, as far as is known.
    public var problem: RedisError? {
        if wire == nil { return lastFailure }
        return subscriber.assumeIsolated { $0.problem }
    }

    /// Asks a server that has been idle for a sign of life, so that one that has fallen silent is found out though nobody needs it.
    private func keepAsking() async {
        while (try? await loop.sleep(until: .now.advanced(by: configuration.pingInterval))) != nil {
            guard wire != nil, phase == .running else { continue }
            if eventsReview.mayAsk, await subscriber.needsKeyspaceEvents {
                await reviewKeyspaceEvents()
            } else if !queue.hasUnanswered {
                // Whatever it answers is a sign of life, and silence ends the connection.
                send(.ping) { _ in }
            }
        }
    }

    /// Looks whether the server still publishes the notifications that subscribers need, and has it do so again where it is permitted.
    private func reviewKeyspaceEvents() async {
        var negotiation = eventsReview.negotiation(for: configuration.keyspaceEvents)
        var action = negotiation.begin()
        while case .send(let command) = action {
            // Without a connection there is nothing to find out.
            guard let replies = try? await send(pipeline: [command]) else { return }
            action = negotiation.receive(replies[0])
        }
        guard case .finish(let status) = action else { return }
        eventsReview.finish(negotiation)
        await subscriber.review(status, wasSwitchedOn: negotiation.hasWritten)
    }

    private func stop() {
        phase = .stopped
        for waiter in queue.removeWaiting() { waiter.fail(.stopped) }
        for waiter in connectionWaiters.values { waiter.fail(RedisError.stopped) }
        timer?.cancel()
    }

    private func note(failure error: RedisError) {
        lastFailure = error
        logger.log(
            level: failures.isWorthLogging("\(error)") ? .warning : .debug, "cannot connect to Redis", metadata: .init([.error: error]))
        troubled()
        guard error.isRefusal else { return }
        for waiter in queue.removeWaiting() { waiter.fail(error) }
        for waiter in connectionWaiters.values { waiter.fail(error) }
    }

    // MARK: Commands

    func makeIdentifier() -> UInt64 { queue.makeIdentifier() }

    /// Sends a command now or when it is its turn, or tells its waiter why not.
    ///
    /// - Parameter isElastic: Whether the time limit grows with the bytes that move; `nil`: the usual one does, and one that is named does not.
    func issue(
        _ payload: CommandQueue<CommandWaiter>.Payload, identifier: UInt64, timeout: Duration?, isElastic: Bool? = nil, mayQueue: Bool,
        waiter: CommandWaiter
    ) {
        if phase == .stopping || phase == .stopped { return waiter.fail(.stopped) }
        if wire == nil, let lastFailure, lastFailure.isRefusal { return waiter.fail(lastFailure) }
        if !mayQueue, queue.waitingCount >= configuration.maximumCommandsInFlight {
            let limit = configuration.maximumCommandsInFlight
            return waiter.fail(RedisError(.overloaded, "\(limit) commands wait already; issue fewer at a time"))
        }
        let isElastic = isElastic ?? (timeout == nil)
        let timeout = timeout ?? configuration.commandTimeout
        let now = ContinuousClock.now
        let ready = queue.append(payload, identifier: identifier, timeout: timeout, isElastic: isElastic, now: now, waiter: waiter)
        if let ready { write(ready) }
        armTimer(for: now.advanced(by: timeout))
    }

    func cancel(_ identifier: UInt64) {
        queue.cancel(identifier)?.cancel()
        sendWaiting()
    }

    private func sendWaiting() {
        if queue.waitingCount > 0 {
            let now = ContinuousClock.now
            while let payload = queue.sendNext(now: now) { write(payload) }
        }
        if !queue.hasUnanswered { finishIfIdle() }
    }

    private func finishIfIdle() {
        if isRetiring { disconnect(because: RedisError(.connectionLost, "the node takes no more writes", node: wire?.node)) }
        if queue.waitingCount == 0, let drained {
            self.drained = nil
            drained.resume()
        }
    }

    private func write(_ payload: CommandQueue<CommandWaiter>.Payload) {
        guard let wire else { return }
        switch payload {
        case .single(let command): wire.append(command)
        case .pipeline(let commands): for command in commands { wire.append(command) }
        }
        if !flushIsScheduled {
            flushIsScheduled = true
            loop.atEndOfTurn(flushAtEndOfTurn)
        }
    }

    private func flush() {
        flushIsScheduled = false
        do throws(RedisError) {
            if let wire { try flush(wire) }
        } catch {
            disconnect(because: error)
        }
    }

    private func flush(_ wire: Wire) throws(RedisError) {
        do throws(RedisError) {
            try wire.flush()
            countMovedBytes()
        } catch {
            // A server that hangs up while it is being written to may have said why.
            do throws(RedisError) {
                try wire.readReplies { receive($0, from: wire.node) }
            } catch {
                logger.debug("the server has hung up", metadata: .init([.node: wire.node, .error: error]))
            }
            throw error
        }
    }

    private func countMovedBytes() {
        if let wire { queue.move(wire.takeBytesMoved()) }
    }

    // MARK: Replies

    private func wireIsReady(_ readiness: Readiness) {
        guard let wire else { return }
        do throws(RedisError) {
            if readiness.contains(.writable) { try flush(wire) }
            try wire.readReplies { receive($0, from: wire.node) }
            countMovedBytes()
            if wasUnsolicited { throw RedisError(.protocolViolation, "the peer answered what it was not asked", node: wire.node) }
            sendWaiting()
        } catch {
            disconnect(because: error)
        }
    }

    private func receive(_ reply: RedisReply, from node: RedisNode) {
        if case .error(let error) = reply, error.prefix == "READONLY" { retire() }
        switch queue.receive(reply) {
        case .none: break
        case .single(let waiter, let reply): waiter.succeed(reply, node: node)
        case .pipeline(let waiter, let replies): waiter.succeed(replies)
        case .unsolicited: wasUnsolicited = true
        }
    }

    // MARK: Another primary

    private func followMaster() async {
        await sentinelWatch?.follow { master in
            logger.notice("the sentinels have a new master", metadata: .init([.node: master]))
            connect(to: master)
            subscriber.assumeIsolated { $0.connect(to: master) }
        }
    }

    /// The node has become a replica: let it answer what it was asked, and look for the new primary.
    private func retire() {
        guard !isRetiring else { return }
        isRetiring = true
        queue.hold()
        subscriber.assumeIsolated { $0.connect(to: nil) }
    }

    /// Leaves any other node, once it has answered what it was asked or has had a moment for it.
    ///
    /// - Parameter node: Where to go on; `nil` for nowhere.
    func connect(to node: RedisNode?) {
        guard let wire else { return interruption.interrupt() }
        guard wire.node != node, !isRetiring else { return }
        isRetiring = true
        interruption.interrupt()
        queue.hold()
        if !queue.hasUnanswered { return finishIfIdle() }
        loop.schedule(at: .now.advanced(by: Self.partingTime)) { [weak self, old = wire.node] in
            self?.assumeIsolated { $0.finishParting(from: old) }
        }
    }

    /// Ends for good: hands back what has not been sent, with ``RedisError/Code/closed``, and gives the node a moment for what has been. The
    /// task that runs the client is to be cancelled next.
    func abandon() {
        phase = .stopping
        for waiter in queue.removeWaiting() { waiter.fail(.stopped) }
        connect(to: nil)
    }

    private func finishParting(from node: RedisNode) {
        guard isRetiring, wire?.node == node else { return }
        disconnect(because: RedisError(.connectionLost, "another node has taken this one's place", node: node))
    }

    // MARK: Ends

    /// Ends the connection, if there is one. The command whose reply broke it hears why; the others, that it is lost.
    private func disconnect(because error: RedisError?) {
        guard let wire else { return }
        self.wire = nil
        wire.close()
        var waiters = queue.loseConnection()[...]
        if let error {
            lastFailure = error
            logger.warning("lost the connection to Redis", metadata: .init([.node: wire.node, .error: error]))
            if error.code != .connectionLost, let first = waiters.popFirst() { first.fail(error) }
        }
        let lost = RedisError(.connectionLost, "the connection ended before the reply", node: wire.node, underlying: error)
        for waiter in waiters { waiter.fail(lost) }
        connectionEnd?.succeed()
        if error != nil { troubled() }
        if phase == .stopping {
            for waiter in queue.removeWaiting() { waiter.fail(.stopped) }
            drained.take()?.resume()
        }
    }

    // MARK: Time

    private func armTimer(for deadline: ContinuousClock.Instant) {
        if let timerDeadline, timerDeadline <= deadline { return }
        timer?.cancel()
        timerDeadline = deadline
        timer = loop.schedule(at: deadline) { [weak self] in self?.assumeIsolated { $0.timeIsUp() } }
    }

    private func timeIsUp() {
        timerDeadline = nil
        let expiry = queue.expire(now: .now)
        if expiry.connectionIsOverdue {
            disconnect(
                because: RedisError(
                    .replyTimedOut, "nothing has come for \(configuration.commandTimeout); the connection is given up", node: wire?.node)
            )
        }
        for waiter in expiry.unsent { waiter.fail(unsentError) }
        for waiter in expiry.unanswered {
            waiter.fail(RedisError(.replyTimedOut, "no reply in time; the command may have been executed", node: wire?.node))
        }
        sendWaiting()
        if let next = queue.nextDeadline { armTimer(for: next) }
    }

    private var unsentError: RedisError {
        let reason =
            switch (phase, wire) {
            case (.idle, _): "the client is not running; call run()"
            case (_, nil): "there was no connection in time"
            default: "too many commands are unanswered"
            }
        return RedisError(.timedOut, "the command was not sent: \(reason)", node: wire?.node, underlying: wire == nil ? lastFailure : nil)
    }
}
