internal import DequeModule

/// The publishes of one channel: those that wait, and those that are written and not confirmed.
///
/// In a cluster a channel that meets a quorum queue whose leader has just died may refuse everything for as long as the leader's node is
/// away, although the queue has another leader (RabbitMQ 3.10). So a channel that has refused messages and confirmed none is doubted: it is
/// given up for another, on which the messages go again, until refusals have to be believed.
final class Publisher: ChannelHandler {
    private let effects: Effects
    private let unconfirmedLimit: Int
    private let waitingLimit: Int
    private var waiting = Deque<WaitingPublish>()
    private var unconfirmed = ConfirmTracker<SentPublish>()
    private let maximumDoubts: Int
    private var channel: Channel?
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
    init(effects: Effects, configuration: RabbitMQConfiguration, isReplaceable: Bool = false) {
        self.effects = effects
        unconfirmedLimit = configuration.unconfirmedLimit
        waitingLimit = configuration.waitingLimit
        maximumDoubts = isReplaceable && configuration.nodes.count > 1 ? Self.maximumDoubts : 0
    }

    var hasChannel: Bool { channel != nil }
    var isIdle: Bool { waiting.isEmpty && unconfirmed.unconfirmedCount == 0 }
    var hasWaiting: Bool { !waiting.isEmpty }
    var unconfirmedCount: Int { unconfirmed.unconfirmedCount }

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
        if let index = waiting.firstIndex(where: { $0.id == id }) {
            let publish = waiting.remove(at: index)
            effects.outcomes.append((publish.completion, .failure(Self.cancellation(isOutcomeUnknown: false))))
            return
        }
        unconfirmed.update { publish in
            guard publish.id == id else { return false }
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
        waiting.removeAll { publish in
            guard publish.deadline <= now else {
                next = min(next ?? publish.deadline, publish.deadline)
                return false
            }
            let error = RabbitMQError(.timedOut, "the message could not be written before its deadline")
            effects.outcomes.append((publish.completion, .failure(error)))
            return true
        }
        unconfirmed.updateAll { publish in
            guard let completion = publish.completion else { return }
            guard publish.deadline <= now else {
                next = min(next ?? publish.deadline, publish.deadline)
                return
            }
            let error = RabbitMQError(.timedOut, "the broker did not confirm the message before its deadline", isOutcomeUnknown: true)
            effects.outcomes.append((completion, .failure(error)))
            publish.completion = nil
        }
        return next
    }

    /// Fails everything that has not been written.
    func failWaiting(_ error: RabbitMQError) {
        for publish in waiting { effects.outcomes.append((publish.completion, .failure(error))) }
        waiting.removeAll()
    }

    // MARK: Channel

    /// Takes a channel whose confirmations have been switched on, or are about to be.
    func attach(_ channel: Channel, generation: UInt64) {
        self.channel = channel
        self.generation = generation
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
        channelClosed(RabbitMQError(.channelClosed, "the broker refused all messages on the channel"))
        return channel
    }

    /// Writes as many waiting publishes as the channel and the socket take.
    ///
    /// - Returns: Whether more could be written once there is room for them.
    func pump() -> Bool {
        guard let channel, !isDoubted || doubts > maximumDoubts else { return false }
        while unconfirmed.span < unconfirmedLimit, !waiting.isEmpty {
            guard channel.transport.hasRoom else { return true }
            let publish = waiting.removeFirst()
            do throws(RabbitMQError) {
                try channel.publish(
                    publish.message, exchange: publish.exchange, routingKey: publish.routingKey, mandatory: publish.isMandatory)
                unconfirmed.append(SentPublish(publish, mayGoAgain: !hasConfirmed && doubts < maximumDoubts))
                effects.statistics.publishCount += 1
            } catch {
                effects.outcomes.append((publish.completion, .failure(error)))
            }
        }
        return false
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
            if isDoubted, !isAccepted, publish.completion != nil, let original = publish.original {
                waiting.insert(original, at: min(requeuedCount, waiting.count))
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
            guard publish.isMandatory, publish.refusal == nil, publish.messageID == messageID, publish.routingKey == routingKey,
                publish.exchange == exchange
            else { return false }
            let target = exchange.isEmpty ? "queue \(routingKey)" : "exchange \(exchange) with routing key \(routingKey)"
            publish.refusal = RabbitMQError(
                .unroutable, "the broker returned the message for \(target): \(reason.text)", replyCode: reason.replyCode)
            return true
        }
    }

    /// Fails what has been written: nobody will say what became of it. What waits goes on waiting.
    func channelClosed(_ error: RabbitMQError) {
        channel = nil
        isDoubted = false
        isDoubtTaken = false
        requeuedCount = 0
        unconfirmed.removeAll { publish in
            guard let completion = publish.completion else { return }
            effects.outcomes.append((completion, .failure(publish.refusal ?? error.withUnknownOutcome)))
        }
    }

    func delivered(number: UInt64, isRedelivered: Bool, exchange: String, routingKey: String, _ content: Content) throws(RabbitMQError) {
        throw RabbitMQError(.protocolViolation, "the broker delivered a message to a channel that consumes nothing")
    }

    func cancelledByBroker() {}
}
