/// Requests with direct replies.
extension RabbitMQConnection {
    /// Opens a channel for requests whose replies come straight back.
    ///
    /// - Parameter deadline: When to give up; by default after the configured operation timeout.
    public func openReplyChannel(deadline: ContinuousClock.Instant? = nil) async throws(RabbitMQError) -> RabbitMQReplyChannel {
        let request = ConsumeRequest(
            queue: RabbitMQReplyChannel.pseudoQueue, prefetch: 1, isExclusive: false, isAutomaticallyAcknowledged: true, arguments: [:])
        let publisher = Publisher(effects: effects, limits: publishLimits, configuration: configuration)
        let consumer = try await consume(request, publisher: publisher, deadline: deadline)
        return RabbitMQReplyChannel(connection: self, id: consumer.id)
    }

    /// Publishes a request, and calls `completion` on the loop with the outcome. Never suspends, and never completes before it returns.
    ///
    /// For actors on the same loop that have many requests under way: see ``RabbitMQReplyChannel/publish(_:exchange:routingKey:deadline:)``.
    ///
    /// - Parameter mayArriveTwice: Whether the request is written again when the connection breaks before it is confirmed.
    public func publish(
        _ request: Message, exchange: String = "", routingKey: String, mayArriveTwice: Bool = false,
        deadline: ContinuousClock.Instant? = nil, via channel: RabbitMQReplyChannel,
        completion: @escaping @Sendable (Result<PublishConfirmation, RabbitMQError>) -> Void
    ) {
        guard let publisher = consumers[channel.id]?.publisher else {
            effects.outcomes.append((completion, .failure(Self.closedError)))
            return scheduleTurnEnd()
        }
        submit(
            to: publisher, Self.addressed(request), exchange, routingKey, true, deadline, mayArriveTwice: mayArriveTwice, completion)
    }

    func publish(
        _ request: Message, exchange: String, routingKey: String, deadline: ContinuousClock.Instant?, via channel: RabbitMQReplyChannel
    ) async throws(RabbitMQError) -> PublishConfirmation {
        guard let publisher = consumers[channel.id]?.publisher else { throw Self.closedError }
        return try await publish(on: publisher, Self.addressed(request), exchange, routingKey, true, deadline)
    }

    private static func addressed(_ request: Message) -> Message {
        var request = request
        request.properties.replyTo = RabbitMQReplyChannel.pseudoQueue
        return request
    }

    func nextEvent(of id: Int) async throws(RabbitMQError) -> RabbitMQReplyChannel.Event? {
        while let consumer = consumers[id] {
            if let deliveries = take(from: consumer) { return .replies(deliveries) }
            if let generation = consumer.takeLostGeneration() { return .interrupted(generation: generation) }
            if case .ended(let error) = consumer.state {
                consumers[id] = nil
                if let error { throw error }
                return nil
            }
            try await waitForNews(of: consumer)
        }
        return nil
    }

    /// Closes a reply channel: see ``RabbitMQReplyChannel/close()``.
    func close(_ handle: RabbitMQReplyChannel) async {
        guard let consumer = consumers[handle.id] else { return }
        let channel = consumer.channel
        consumer.channelClosed(Self.closedError, .network)
        end(consumer, nil)
        guard let channel else { return }
        await withCheckedContinuation { continuation in
            do throws(RabbitMQError) {
                try channel.close { continuation.resume() }
                scheduleTurnEnd()
            } catch {
                lose(error)
                continuation.resume()
            }
        }
    }
}
