internal import EventLoop

/// Publishing with the broker's confirmation.
extension RabbitMQConnection {
    /// Publishes a message, and returns when the broker has taken responsibility for it: on a durable queue, a persistent message is then on
    /// disk.
    ///
    /// Without a connection the message waits. A message without an id gets one, by which a returned message is recognised.
    ///
    /// - Parameters:
    ///   - message: What to publish.
    ///   - exchange: Where to; empty for the default exchange, which routes to the queue that the routing key names.
    ///   - routingKey: What the exchange routes by.
    ///   - mandatory: Whether it is an error that no queue gets the message. Set it to `false` for replies to a ``RabbitMQReplyChannel``:
    ///     the broker returns mandatory ones even if it delivers them. Whether somebody still waits for a reply is told by
    ///     ``queueStatus(of:deadline:)`` of its address.
    ///   - deadline: When to give up; by default after the configured publish timeout.
    /// - Throws: ``RabbitMQError/Code/unroutable``, ``RabbitMQError/Code/refused``, ``RabbitMQError/Code/blocked``,
    ///   ``RabbitMQError/Code/overloaded``, ``RabbitMQError/Code/tooLarge``, ``RabbitMQError/Code/poisonous``,
    ///   ``RabbitMQError/Code/timedOut``, ``RabbitMQError/Code/connectionLost``, ``RabbitMQError/Code/cancelled``, or why the broker closed
    ///   the channel for this message: others that were under way on the channel are published again under their ids.
    ///   ``RabbitMQError/isOutcomeUnknown`` tells whether the message may have been taken nevertheless.
    @discardableResult
    public func publish(
        _ message: Message, exchange: String = "", routingKey: String, mandatory: Bool = true, deadline: ContinuousClock.Instant? = nil
    ) async throws(RabbitMQError) -> PublishConfirmation {
        let publisher = publisher(for: exchange)
        return try await publish(on: publisher, message, exchange, routingKey, mandatory, deadline)
    }

    /// Publishes a message, and calls `completion` on the loop with the outcome. Never suspends, and never completes before it returns.
    ///
    /// For actors on the same loop that have many publishes under way: parameters and errors are those of
    /// ``publish(_:exchange:routingKey:mandatory:deadline:)``.
    ///
    /// - Parameter dropsHeaders: Whether what AMQP cannot carry of the properties is left out, where the publish would fail otherwise: for a
    ///   message that came from elsewhere. The header `x-dropped-headers` names what was left out.
    /// - Parameter mayArriveTwice: Whether the message is written again when the connection breaks before it is confirmed, until its deadline.
    ///   One after which connections break again and again, and others go on, fails with ``RabbitMQError/Code/poisonous``.
    public func publish(
        _ message: Message, exchange: String = "", routingKey: String, mandatory: Bool = true, dropsHeaders: Bool = false,
        mayArriveTwice: Bool = false, deadline: ContinuousClock.Instant? = nil,
        completion: @escaping @Sendable (Result<PublishConfirmation, RabbitMQError>) -> Void
    ) {
        submit(
            to: publisher(for: exchange), message, exchange, routingKey, mandatory, deadline, dropsHeaders: dropsHeaders,
            mayArriveTwice: mayArriveTwice, completion)
    }

    /// The default exchange always exists; a mistake in the name of another costs the channel, and so has one of its own.
    private func publisher(for exchange: String) -> Publisher {
        exchange.isEmpty ? publisher : exchangePublisher
    }

    func publish(
        on publisher: Publisher, _ message: Message, _ exchange: String, _ routingKey: String, _ mandatory: Bool,
        _ deadline: ContinuousClock.Instant?
    ) async throws(RabbitMQError) -> PublishConfirmation {
        let id = makeNumber()
        return try await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                // A cancellation from before has found nothing to cancel.
                if Task.isCancelled {
                    let error = RabbitMQError(.cancelled, "the task was cancelled before it published")
                    return continuation.resume(returning: Result<PublishConfirmation, RabbitMQError>.failure(error))
                }
                submit(to: publisher, id: id, message, exchange, routingKey, mandatory, deadline) { continuation.resume(returning: $0) }
            }
        } onCancel: {
            Task { await self.cancelPublish(id) }
        }.get()
    }

    private func cancelPublish(_ id: UInt64) {
        for publisher in allPublishers { publisher.cancel(id) }
        act()
    }

    func submit(
        to publisher: Publisher, id: UInt64? = nil, _ message: Message, _ exchange: String, _ routingKey: String, _ mandatory: Bool,
        _ deadline: ContinuousClock.Instant?, dropsHeaders: Bool = false, mayArriveTwice: Bool = false,
        _ completion: @escaping PublishCompletion
    ) {
        let id = id ?? makeNumber()
        let deadline = deadline ?? .now + configuration.publishTimeout
        var publish = WaitingPublish(
            id: id, message: message, exchange: exchange, routingKey: routingKey, isMandatory: mandatory, dropsHeaders: dropsHeaders,
            mayArriveTwice: mayArriveTwice, deadline: deadline, completion: completion)
        if mandatory, message.properties.messageID == nil {
            publish.message.properties.messageID = messageIDPrefix + String(id, radix: 36)
        }
        if let refusal { effects.outcomes.append((completion, .failure(refusal))) } else { publisher.submit(publish) }
        armDeadlineTimer(deadline)
        scheduleTurnEnd()
    }

    /// Why no publish is taken now.
    private var refusal: RabbitMQError? {
        switch phase {
        case .stopping: Self.closedError
        case .stopped(let error): error
        case .idle, .running: blockedError
        }
    }

    private var blockedError: RabbitMQError? {
        guard let link, let blockage = link.blockage, blockage.since + configuration.blockedTimeout <= .now else { return nil }
        return RabbitMQError(
            .blocked, "the broker has taken no messages for longer than \(configuration.blockedTimeout): \(blockage.reason)",
            node: link.node)
    }

    // MARK: Deadlines

    /// Sees to it that deadlines are looked at by then.
    func armDeadlineTimer(_ deadline: ContinuousClock.Instant) {
        if let armed = deadlineTimer {
            guard deadline < armed.deadline else { return }
            armed.timer.cancel()
        }
        let timer = loop.schedule(at: deadline) { [weak self] in self?.assumeIsolated { $0.expire() } }
        deadlineTimer = (timer, deadline)
    }

    private func expire() {
        deadlineTimer = nil
        let now = ContinuousClock.now
        if let blockedError { for publisher in allPublishers { publisher.failWaiting(blockedError) } }
        if let next = allPublishers.compactMap({ $0.expire(at: now) }).min() {
            // Deadlines that lie close together are looked at together.
            armDeadlineTimer(max(next, now + .milliseconds(5)))
        }
        act()
    }
}
