public import EventLoop
public import Logging

/// A client of a RabbitMQ broker that keeps itself connected.
///
/// ``run()`` connects to one of the nodes and stays connected, through restarts of the broker and failures of the network, until its task
/// is cancelled. What has been declared and what is being consumed is put back in place after each reconnect; publishes that have not been
/// written wait for it.
///
/// The connection is an actor on an ``EventLoop``, which it may share with others: nothing in it blocks. Actors on the same loop can call it
/// without suspending, by `assumeIsolated`.
///
/// Use one connection to publish and another to consume: a broker that is short of memory or disk stops reading from connections that
/// publish, and would not see acknowledgements on them.
public actor RabbitMQConnection {
    enum Phase {
        case idle
        case running
        case stopping
        case stopped(RabbitMQError)
    }

    /// What the client connects to, and as whom.
    public nonisolated let configuration: RabbitMQConfiguration
    /// The loop that the connection lives on.
    public nonisolated let loop: EventLoop
    let logger: Logger
    let failures: RecurringFailures
    let effects = Effects()

    // The life of the client: see `RabbitMQConnection+Running.swift`.
    var phase = Phase.idle
    var race: ConnectionRace?
    var lastFailures: [RabbitMQNode: RabbitMQError] = [:]
    /// What everything is sent over, if there is a connection.
    var link: Link?
    /// Where the last link that was lost went to.
    var lostNode: RabbitMQNode?
    /// Whether the link has been given back everything that was declared.
    var isRestored = false
    var endOfLink: CheckedContinuation<Void, Never>?
    var heartbeatTimer: LoopTimer?
    var silence = SilenceMonitor()
    var silenceTimer: LoopTimer?
    var closeTimer: LoopTimer?
    /// Who waits for a change of `phase`, `link` or `isRestored`.
    var changeWaiters: [UInt64: OneShot<Void>] = [:]

    // The turn: see `RabbitMQConnection+Turn.swift`.
    var isTurnEndScheduled = false
    var isActing = false
    var waitsForRoom = false
    var isReadingPaused = false
    /// What the link's socket is waited on to become.
    var watchedReadiness: Readiness = []
    var deadlineTimer: (timer: LoopTimer, deadline: ContinuousClock.Instant)?

    // What the client does: see the extensions for each.
    var topology = Topology()
    var idleChannels: [Channel] = []
    let publisher: Publisher
    let exchangePublisher: Publisher
    let publishLimits = PublishLimits()
    let messageIDPrefix = MessageProperties.madeUpMessageIDPrefix + String(UInt64.random(in: .min ... .max), radix: 36) + "-"
    var consumers: [Int: ConsumerCore] = [:]
    private var lastNumber: UInt64 = 0

    /// Makes a client; nothing happens before ``run()``.
    ///
    /// - Parameters:
    ///   - configuration: What to connect to, and as whom.
    ///   - loop: The loop to live on.
    ///   - logger: Where to tell of connects, losses and refusals. Secrets and message contents are never logged.
    ///   - failures: Which failed attempts to connect are logged as warnings; shared by all connections to the same nodes.
    public init(
        configuration: RabbitMQConfiguration, loop: EventLoop, logger: Logger, failures: RecurringFailures = RecurringFailures()
    ) {
        self.configuration = configuration
        self.loop = loop
        self.logger = logger
        self.failures = failures
        publisher = Publisher(effects: effects, limits: publishLimits, configuration: configuration, isReplaceable: true)
        exchangePublisher = Publisher(effects: effects, limits: publishLimits, configuration: configuration, isReplaceable: true)
    }

    /// The loop's executor.
    public nonisolated var unownedExecutor: UnownedSerialExecutor {
        loop.asUnownedSerialExecutor()
    }

    /// What the client has done so far.
    public var statistics: RabbitMQStatistics {
        var statistics = effects.statistics
        statistics.isConnected = isRestored
        statistics.isBlocked = link?.blockage != nil
        return statistics
    }

    /// Why the client cannot be used at the moment, with what each node answered last; `nil` while it can be.
    public var problem: RabbitMQError? {
        if case .stopped(let error) = phase { return error }
        return isRestored ? nil : notConnectedError
    }

    /// Connects, and stays connected until the task is cancelled; then closes the connection in good order and returns.
    ///
    /// To be called once.
    ///
    /// - Throws: ``RabbitMQError/Code/invalidArgument`` for a configuration that cannot work, and
    ///   ``RabbitMQError/Code/authenticationFailed`` if the broker refuses the first login, or ``RabbitMQError/Code/tlsFailed`` if no node
    ///   is trusted at first. Every other failure is logged and tried again.
    public func run() async throws(RabbitMQError) {
        try configuration.validate()
        guard case .idle = phase else { throw RabbitMQError(.invalidArgument, "run() has been called before") }
        phase = .running
        let failure = await withTaskCancellationHandler {
            await keepConnected()
        } onCancel: {
            Task { await self.stop() }
        }
        finish(failure ?? Self.closedError)
        if let failure { throw failure }
    }

    /// Returns once the client is connected and everything declared is in place.
    ///
    /// - Throws: ``RabbitMQError/Code/timedOut`` at the deadline, with what each node answered last;
    ///   ``RabbitMQError/Code/closed`` or the reason for it, once ``run()`` has ended.
    public func waitUntilConnected(deadline: ContinuousClock.Instant) async throws(RabbitMQError) {
        _ = try await connectedLink(until: deadline)
    }

    static let closedError = RabbitMQError(.closed, "the connection has been stopped")

    /// A number that no other has.
    func makeNumber() -> UInt64 {
        lastNumber += 1
        return lastNumber
    }
}
