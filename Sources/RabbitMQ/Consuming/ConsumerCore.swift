internal import EventLoop

/// A consumer's state: what has arrived and what has become of it, across all its incarnations.
final class ConsumerCore: ChannelHandler {
    enum State {
        /// Not started, or waiting for a connection or for its next attempt.
        case waiting
        /// Asked for; the broker has not answered.
        case starting
        case active
        /// The broker has been asked to stop; deliveries may still arrive.
        case cancelling
        /// No delivery will come any more.
        case ended(RabbitMQError?)
    }

    /// What a consumer without acknowledgements may hold before reading from the broker pauses.
    private static let maximumCount = 16_384
    private static let maximumBytes = 64 << 20

    let id: Int
    let request: ConsumeRequest
    /// On a reply channel, the publishes that share the consumer's channel.
    let publisher: Publisher?
    private let effects: Effects
    private(set) var channel: Channel?
    private var settlements = SettlementTracker(generation: 0)
    private var deliveries: [Delivery] = []
    private var deliveredBytes = 0
    /// Who waits for something to look at.
    var waiter: OneShot<Void>?
    private var hasWakeUp = false
    var state = State.waiting {
        didSet { activation.set(isActive) }
    }
    let activation = ConsumerActivation()
    /// Who waits for the first start.
    var startWaiter: OneShot<Result<Void, RabbitMQError>>?
    /// Who waits for the broker to agree to the end.
    var endWaiters: [CheckedContinuation<Void, Never>] = []
    /// Fruitless attempts to start again in a row.
    var attempts = 0
    /// Whether the queue may have gone, and is to be declared again before the next attempt.
    var mustDeclareQueue = false
    /// The attempt to start anew that is under way, which does not make the consumer any less active.
    var renewal: UInt64? {
        didSet { activation.set(isActive) }
    }
    /// How often the consumer has been started again on its channel.
    var startsOnChannel = 0
    /// Whether something has been delivered since the last look, and how many looks in a row have found nothing to do.
    private var hasDelivered = false
    private var idleLooks = 0
    /// The last incarnation that ended without having been asked to, until somebody has been told.
    private(set) var lostGeneration: UInt64?

    init(id: Int, request: ConsumeRequest, publisher: Publisher?, effects: Effects) {
        self.id = id
        self.request = request
        self.publisher = publisher
        self.effects = effects
    }

    /// The name of the consumer on its channel; another one each time that it is started there.
    var tag: String { startsOnChannel == 0 ? "consumer-\(id)" : "consumer-\(id)-\(startsOnChannel)" }

    var generation: UInt64 { settlements.generation }

    var isEnded: Bool { if case .ended = state { true } else { false } }

    private var isActive: Bool {
        switch state {
        case .active: true
        case .waiting, .starting: renewal != nil
        case .cancelling, .ended: false
        }
    }

    /// Whether there is nothing to hand out, to settle or to say to the broker.
    var isIdle: Bool { deliveries.isEmpty && settlements.openCount == 0 && !settlements.hasInstructions }

    /// Whether nothing more can happen on the channel.
    var isFinished: Bool { isEnded && deliveries.isEmpty && settlements.openCount == 0 }

    /// Whether so much has arrived that the broker must be made to wait: without acknowledgements the prefetch bounds nothing.
    var isOverfull: Bool {
        request.isAutomaticallyAcknowledged && (deliveries.count >= Self.maximumCount || deliveredBytes >= Self.maximumBytes)
    }

    var hasSettlements: Bool { settlements.hasInstructions }

    var unconfirmedCount: Int { publisher?.unconfirmedCount ?? 0 }

    // MARK: Incarnations

    func attach(_ channel: Channel, generation: UInt64) {
        self.channel = channel
        settlements = SettlementTracker(generation: generation)
        startsOnChannel = 0
        idleLooks = 0
        publisher?.attach(channel, generation: generation)
        state = .starting
    }

    func channelClosed(_ error: RabbitMQError, _ loss: ChannelLoss) {
        // What the broker refused may have been to start the consumer.
        publisher?.channelClosed(error, loss == .refusal && !isActive ? .abandonment : loss)
        if error.isAcknowledgementTimeout { activation.noteAcknowledgementTimeout() }
        lostGeneration = generation
        channel = nil
        // The broker delivers again what was open, so what nobody has seen yet is dropped.
        if !request.isAutomaticallyAcknowledged {
            deliveries.removeAll()
            deliveredBytes = 0
        }
        settlements = SettlementTracker(generation: 0)
        effects.interruptions.append((self, error))
        wake()
    }

    func cancelledByBroker() {
        abandonChannel(.consumerCancelled, "the broker cancelled the consumer: queue \(request.queue) was deleted, or its node is down")
    }

    /// Gives up the channel, to begin anew on another.
    func abandonChannel(_ code: RabbitMQError.Code, _ message: String) {
        guard let channel else { return }
        // A channel that cannot be closed is about to fail with its connection.
        try? channel.close()
        channelClosed(RabbitMQError(code, message, node: channel.transport.node.description), .abandonment)
    }

    /// Leaves the channel, on which nothing is open.
    func detach() throws(RabbitMQError) {
        try channel?.close()
        channel = nil
        settlements = SettlementTracker(generation: 0)
        state = .waiting
    }

    /// How many looks in a row, with this one, have found that nothing was delivered since the one before, and nothing is open.
    func countIdleLook() -> Int {
        idleLooks = !hasDelivered && isIdle ? idleLooks + 1 : 0
        hasDelivered = false
        return idleLooks
    }

    // MARK: Deliveries

    func delivered(number: UInt64, isRedelivered: Bool, exchange: String, routingKey: String, _ content: Content) throws(RabbitMQError) {
        let tag =
            request.isAutomaticallyAcknowledged
            ? DeliveryTag(generation: generation, number: number) : try settlements.deliver(number)
        deliveries.append(
            Delivery(
                tag: tag, isRedelivered: isRedelivered, exchange: exchange, routingKey: routingKey, properties: content.properties,
                body: content.body, defect: content.defect))
        deliveredBytes += content.body.count
        hasDelivered = true
        effects.statistics.deliveryCount += 1
        wake()
    }

    /// Everything that has arrived, if anything has.
    func takeDeliveries() -> [Delivery]? {
        guard !deliveries.isEmpty else { return nil }
        let taken = deliveries
        deliveries = []
        deliveredBytes = 0
        return taken
    }

    func takeLostGeneration() -> UInt64? {
        defer { lostGeneration = nil }
        return lostGeneration
    }

    /// Notes that whoever waits has something to look at.
    func wake() {
        guard waiter != nil, !hasWakeUp else { return }
        hasWakeUp = true
        effects.wakeUps.append(self)
    }

    func resumeWaiter() {
        hasWakeUp = false
        waiter?.succeed()
    }

    func resumeStart(_ result: Result<Void, RabbitMQError>) {
        startWaiter?.succeed(result)
        startWaiter = nil
    }

    func resumeEndWaiters() {
        for waiter in endWaiters { waiter.resume() }
        endWaiters = []
    }

    // MARK: Settlements

    /// - Returns: Whether the settlement is news to the broker.
    func settle(_ deliveryTag: DeliveryTag, as verdict: SettlementTracker.Verdict) -> Bool {
        guard settlements.settle(deliveryTag, as: verdict) else {
            effects.statistics.staleSettlementCount += 1
            return false
        }
        effects.statistics.settlementCount += 1
        return true
    }

    /// Tells the broker what has been settled since the last time.
    func flushSettlements() throws(RabbitMQError) {
        guard settlements.hasInstructions, let channel else { return }
        var failure: RabbitMQError?
        settlements.flush { instruction in
            do throws(RabbitMQError) { try channel.send(instruction) } catch { failure = failure ?? error }
        }
        if let failure { throw failure }
    }

    // MARK: Publishes of a reply channel

    func confirmed(_ number: UInt64, multiple: Bool, isAccepted: Bool) {
        publisher?.confirmed(number, multiple: multiple, isAccepted: isAccepted)
    }

    func returned(_ reason: BrokerClosure, exchange: String, routingKey: String, _ content: Content) {
        publisher?.returned(reason, exchange: exchange, routingKey: routingKey, content)
    }
}
