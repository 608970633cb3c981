internal import DequeModule

/// The publishes of one channel: those that wait, and those that are written and not confirmed.
///
/// In a cluster a channel that meets a quorum queue whose leader has just died may refuse everything for as long as the leader's node is
/// away, although the queue has another leader (RabbitMQ 3.10). So a channel that has refused messages and confirmed none is doubted: it is
/// given up for another, on which the messages go again, until refusals have to be believed.
///
/// What becomes of the unconfirmed publishes of a channel that is lost: see `Publisher+Losses.swift`.
final class Publisher: ChannelHandler {
    let effects: Effects
    let limits: PublishLimits
    private let unconfirmedLimit: Int
    private let waitingLimit: Int
    var waiting = Deque<WaitingPublish>()
    var unconfirmed = ConfirmTracker<SentPublish>()
    /// Those that may be what the broker closed a channel or a connection for.
    var isolation = Isolation<WaitingPublish>()
    private let maximumDoubts: Int
    var channel: Channel?
    /// When the channel was opened.
    private(set) var attachedAt = ContinuousClock.now
    /// When the open group of an isolation was opened.
    private var groupOpenedAt = ContinuousClock.now
    private var wakeUp: ContinuousClock.Instant?
    private var lastWakeUp: ContinuousClock.Instant?
    private var hasConfirmed = false
    private var requeuedCount = 0
    /// How many channels in a row have confirmed nothing.
    private var doubts = 0
    /// Whether the channel is to be given up for another.
    private(set) var isDoubted = false
    private var isDoubtTaken = false
    private var generation: UInt64 = 0

    private static let maximumDoubts = 6

    /// - Parameter isReplaceable: Whether a channel that is doubted can be given up for another.
    init(effects: Effects, limits: PublishLimits, configuration: RabbitMQConfiguration, isReplaceable: Bool = false) {
        self.effects = effects
        self.limits = limits
        unconfirmedLimit = configuration.unconfirmedLimit
        waitingLimit = configuration.waitingLimit
        maximumDoubts = isReplaceable && configuration.nodes.count > 1 ? Self.maximumDoubts : 0
    }

    var hasChannel: Bool { channel != nil }
    var isIdle: Bool { !hasWaiting && unconfirmed.unconfirmedCount == 0 }
    var hasWaiting: Bool { !waiting.isEmpty || isolation.hasSuspects }
    var unconfirmedCount: Int { unconfirmed.unconfirmedCount }
    /// Whether a connection was lost for one of its publishes, so that nothing else may be under way while they go again.
    var needsTheConnectionAlone: Bool { isolation.isActive && isolation.scope != .channel }
    /// Whether it goes on even if something else is under way, which then cannot be told from the culprit.
    var goesOnInCompany: Bool { isolation.scope == .ending }

    // MARK: Callers

    func submit(_ publish: WaitingPublish) {
        guard waiting.count < waitingLimit else {
            let error = RabbitMQError(.overloaded, "\(waiting.count) publishes wait already; the broker or the network cannot keep up")
            effects.outcomes.append((publish.completion, .failure(error)))
            return
        }
        waiting.append(publish)
    }

    /// Takes a publish back, unless it has been written: then its outcome stays unknown.
    func cancel(_ id: UInt64) {
        removeWaiting { publish in
            guard publish.id == id else { return nil }
            return Self.cancellation(isOutcomeUnknown: publish.wasWritten)
        }
        unconfirmed.update { publish in
            guard publish.original.id == id else { return false }
            if let completion = publish.completion {
                effects.outcomes.append((completion, .failure(Self.cancellation(isOutcomeUnknown: true))))
            }
            publish.completion = nil
            return true
        }
    }

    private static func cancellation(isOutcomeUnknown: Bool) -> RabbitMQError {
        RabbitMQError(.cancelled, "the task that published was cancelled", isOutcomeUnknown: isOutcomeUnknown)
    }

    /// Fails what has passed its deadline.
    ///
    /// - Returns: The earliest deadline of the rest.
    func expire(at now: ContinuousClock.Instant) -> ContinuousClock.Instant? {
        var next: ContinuousClock.Instant?
        removeWaiting { publish in
            guard publish.deadline <= now else {
                next = min(next ?? publish.deadline, publish.deadline)
                return nil
            }
            let what = publish.wasWritten ? "confirmed" : "written"
            return RabbitMQError(
                .timedOut, "the message could not be \(what) before its deadline", isOutcomeUnknown: publish.wasWritten)
        }
        unconfirmed.updateAll { publish in
            guard let completion = publish.completion else { return }
            let deadline = publish.original.deadline
            guard deadline <= now else {
                next = min(next ?? deadline, deadline)
                return
            }
            let error = RabbitMQError(.timedOut, "the broker did not confirm the message before its deadline", isOutcomeUnknown: true)
            effects.outcomes.append((completion, .failure(error)))
            publish.completion = nil
        }
        return next
    }

    /// Fails everything that is not under way.
    func failWaiting(_ error: RabbitMQError) {
        removeWaiting { $0.wasWritten ? error.withUnknownOutcome : error }
    }

    /// Fails what waits and has a reason to.
    private func removeWaiting(because reason: (WaitingPublish) -> RabbitMQError?) {
        func isToGo(_ publish: WaitingPublish) -> Bool {
            guard let error = reason(publish) else { return false }
            effects.outcomes.append((publish.completion, .failure(error)))
            return true
        }
        isolation.removeAll(where: isToGo)
        waiting.removeAll(where: isToGo)
    }

    // MARK: Channel

    /// Takes a channel whose confirmations have been switched on, or are about to be.
    func attach(_ channel: Channel, generation: UInt64) {
        self.channel = channel
        self.generation = generation
        attachedAt = .now
        hasConfirmed = false
    }

    /// How long to wait until the channel is given up; `nil` if it is not doubted, or this has been asked.
    func takeDoubt() -> Duration? {
        guard isDoubted, !isDoubtTaken else { return nil }
        isDoubtTaken = true
        return .milliseconds(25) * (1 << min(doubts, Self.maximumDoubts))
    }

    /// Leaves a channel that is doubted.
    ///
    /// - Returns: The channel, which is to be closed.
    func giveUpChannel() -> Channel? {
        guard isDoubted, let channel else { return nil }
        channel.handler = nil
        channelClosed(RabbitMQError(.channelClosed, "the broker refused all messages on the channel"), .abandonment)
        return channel
    }

    /// Forgets what belongs to the channel, but for what is unconfirmed.
    func detach() {
        channel = nil
        isDoubted = false
        isDoubtTaken = false
        requeuedCount = 0
    }

    /// Writes as many waiting publishes as the channel and the socket take.
    ///
    /// - Returns: Whether more could be written once there is room for them.
    func pump() -> Bool {
        guard let channel, !isDoubted || doubts > maximumDoubts else { return false }
        if isolation.isActive {
            if isolation.groupRest == 0 {
                guard mayOpenGroup() else { return false }
                isolation.openNextGroup()
                groupOpenedAt = .now
            }
            while isolation.groupRest > 0 {
                guard channel.transport.hasRoom else { return true }
                if let suspect = isolation.takeNext() { write(suspect, on: channel) }
            }
            // What could not be written at all has ended the group without the broker's word.
            if isolation.isActive { return unconfirmed.unconfirmedCount == 0 }
        }
        while unconfirmed.span < unconfirmedLimit, !waiting.isEmpty {
            guard channel.transport.hasRoom else { return true }
            write(waiting.removeFirst(), on: channel)
        }
        return false
    }

    /// Whether nothing of the group before is unconfirmed, or the connection has outlasted it.
    private func mayOpenGroup() -> Bool {
        guard isolation.scope == .ending else { return unconfirmed.unconfirmedCount == 0 }
        let isProbation = isolation.nextGroupCount == 1
        var earliest = isProbation ? attachedAt + Suspicion.probation : attachedAt
        if unconfirmed.unconfirmedCount > 0 { earliest = max(earliest, groupOpenedAt + Suspicion.groupPatience) }
        if earliest <= .now { return true }
        wakeUp = earliest
        return false
    }

    /// When to look again for what waits for nothing but time; `nil` if this has been asked.
    func takeWakeUp() -> ContinuousClock.Instant? {
        guard let wakeUp, wakeUp != lastWakeUp else { return nil }
        lastWakeUp = wakeUp
        return wakeUp
    }

    private func write(_ waiting: WaitingPublish, on channel: Channel) {
        var publish = waiting
        publish.writtenAt = .now
        do throws(RabbitMQError) {
            if let maximum = limits.bodyMaximum(), publish.message.body.count > maximum {
                throw Self.tooLarge(publish, maximum: maximum)
            }
            try channel.publish(
                publish.message, exchange: publish.exchange, routingKey: publish.routingKey, mandatory: publish.isMandatory,
                dropsHeaders: publish.dropsHeaders)
            unconfirmed.append(SentPublish(publish, mayGoAgain: !hasConfirmed && doubts < maximumDoubts))
            effects.statistics.publishCount += 1
        } catch {
            effects.outcomes.append((publish.completion, .failure(error)))
        }
    }

    func confirmed(_ number: UInt64, multiple: Bool, isAccepted: Bool) {
        if isAccepted {
            hasConfirmed = true
            doubts = 0
        } else if !hasConfirmed, maximumDoubts > 0, !isDoubted {
            isDoubted = true
            doubts = min(doubts + 1, maximumDoubts + 1)
        }
        unconfirmed.confirm(number, multiple: multiple) { publish in
            if isDoubted, !isAccepted, publish.completion != nil, publish.mayGoAgain {
                waiting.insert(publish.original, at: min(requeuedCount, waiting.count))
                requeuedCount += 1
                return
            }
            let error =
                isAccepted
                ? publish.refusal : RabbitMQError(.refused, "the broker refused the message: its queue is full, or cannot take it")
            if error == nil { effects.statistics.confirmCount += 1 } else { effects.statistics.refusalCount += 1 }
            guard let completion = publish.completion else { return }
            let result: Result<PublishConfirmation, RabbitMQError> =
                if let error { .failure(error) } else { .success(PublishConfirmation(generation: generation)) }
            effects.outcomes.append((completion, result))
        }
    }

    /// Notes a return. The broker does not say which publish it returns; the first that looks like it is meant, which is the right one
    /// because every mandatory message carries an id.
    func returned(_ reason: BrokerClosure, exchange: String, routingKey: String, _ content: Content) {
        let messageID = content.properties.messageID
        unconfirmed.update { publish in
            let original = publish.original
            guard original.isMandatory, publish.refusal == nil, original.message.properties.messageID == messageID,
                original.routingKey == routingKey, original.exchange == exchange
            else { return false }
            let target = exchange.isEmpty ? "queue \(routingKey)" : "exchange \(exchange) with routing key \(routingKey)"
            publish.refusal = RabbitMQError(
                .unroutable, "the broker returned the message for \(target): \(reason.text)", replyCode: reason.replyCode)
            return true
        }
    }

    func delivered(number: UInt64, isRedelivered: Bool, exchange: String, routingKey: String, _ content: Content) throws(RabbitMQError) {
        throw RabbitMQError(.protocolViolation, "the broker delivered a message to a channel that consumes nothing")
    }

    func cancelledByBroker() {}
}
