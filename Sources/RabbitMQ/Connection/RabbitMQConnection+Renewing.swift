internal import EventLoop
internal import Logging

/// Starting idle consumers anew.
///
/// When a queue is deleted and declared again before a channel has heard of the deletion, RabbitMQ before 4.0 takes it for a fail-over: it
/// consumes the new queue in the name of the consumer, and then forgets that it did. The queue hands out messages up to the prefetch, the
/// channel drops them, and the consumer is never told, not even of the next deletion. Nothing in the protocol shows that state.
///
/// So a consumer that has nothing to do is started anew on another channel; what the old one was given goes back to the queue. Before that
/// the broker is asked whether the queue is still there: even a deletion alone is not always told.
extension RabbitMQConnection {
    /// How long starting anew may take.
    private static let renewalLimit = Duration.seconds(5)
    /// How many looks find a consumer idle before it is started anew.
    private static let idleLooks = 4

    /// Looks at a consumer from now on, as long as it keeps its channel.
    func watchForIdleness(_ consumer: ConsumerCore) {
        let request = consumer.request
        guard !request.isExclusive, !request.isAutomaticallyAcknowledged, consumer.publisher == nil else { return }
        guard let link, link.transport.mayForgetConsumers else { return }
        scheduleLook(at: consumer.id, consumer.generation)
    }

    private func scheduleLook(at id: Int, _ generation: UInt64) {
        loop.schedule(at: .now + configuration.consumerRenewal / Self.idleLooks) { [weak self] in
            self?.assumeIsolated { $0.look(at: id, generation) }
        }
    }

    private func look(at id: Int, _ generation: UInt64) {
        guard let consumer = consumers[id], consumer.generation == generation else { return }
        scheduleLook(at: id, generation)
        guard case .active = consumer.state, consumer.renewal == nil, let link else { return }
        let looks = consumer.countIdleLook()
        guard looks > 0 else { return }
        let queue = consumer.request.queue
        Task {
            let answer: Result<InboundMethod, RabbitMQError>
            do throws(RabbitMQError) {
                answer = .success(
                    try await ask(link, until: .now + Self.renewalLimit) { (channel, reply) throws(RabbitMQError) in
                        try channel.inspectQueue(named: queue, reply: reply)
                    })
            } catch {
                answer = .failure(error)
            }
            guard consumer.generation == generation, case .active = consumer.state, consumer.renewal == nil, consumer.isIdle else { return }
            switch answer {
            case .failure(let error) where error.code == .notFound:
                consumer.abandonChannel(.consumerCancelled, "queue \(queue) was deleted, and the broker has not told the consumer")
                act()
            // A quorum queue without a leader says that nobody is there. Its consumer could not start anew, and loses nothing.
            case .success(.queue(let status)) where looks % Self.idleLooks == 0 && (status.consumerCount > 0 || status.messageCount > 0):
                attemptOnLink { () throws(RabbitMQError) in try renew(consumer) }
            default: break
            }
        }
    }

    /// Has the broker forget the consumer and, if nothing has arrived by then, starts it on another channel.
    private func renew(_ consumer: ConsumerCore) throws(RabbitMQError) {
        guard let channel = consumer.channel else { return }
        let renewal = makeNumber()
        let id = consumer.id
        consumer.renewal = renewal
        loop.schedule(at: .now + Self.renewalLimit) { [weak self] in
            self?.assumeIsolated { connection in
                guard let consumer = connection.consumers[id], consumer.renewal == renewal else { return }
                consumer.abandonChannel(.timedOut, "the broker did not let the consumer of queue \(consumer.request.queue) start anew")
                connection.act()
            }
        }
        try channel.cancelConsumer(tag: consumer.tag) { result in
            guard case .success = result, consumer.renewal == renewal, case .active = consumer.state else { return }
            self.attemptOnLink { () throws(RabbitMQError) in
                // Who has just been given something goes on where it is.
                guard consumer.isIdle else {
                    consumer.startsOnChannel += 1
                    return try channel.consume(consumer.request, tag: consumer.tag) { result in
                        if case .success = result { consumer.renewal = nil }
                    }
                }
                try consumer.detach()
                self.start(consumer)
                // Without a connection nothing has started, and the next one starts it.
                if consumer.channel == nil { consumer.renewal = nil }
            }
        }
    }
}
