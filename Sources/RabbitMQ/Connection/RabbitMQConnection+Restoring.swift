internal import EventLoop
internal import Logging

/// Declaring again what a reconnect or a deletion may have cost.
extension RabbitMQConnection {
    /// Declares everything again. What the broker refuses is logged, and left to whoever uses it.
    func restore(_ link: Link) async {
        await restore(topology.exchanges, topology.queues, topology.bindings, on: link)
    }

    /// Declares a queue again, with its bindings, in case that it was deleted.
    func restore(_ queue: QueueDeclaration, on link: Link) async {
        let (exchanges, bindings) = topology.routes(to: queue.name)
        await restore(exchanges, [queue], bindings, on: link)
    }

    private func restore(
        _ exchanges: [ExchangeDeclaration], _ queues: [QueueDeclaration], _ bindings: [QueueBinding], on link: Link
    ) async {
        let deadline = ContinuousClock.now + configuration.operationTimeout
        for exchange in exchanges {
            await restore("exchange \(exchange.name)", link, deadline, isUsedAsItIs: topology.isUsedAsItIs(exchange)) {
                (channel, reply) throws(RabbitMQError) in try channel.declare(exchange, reply: reply)
            }
        }
        for queue in queues {
            await restore("queue \(queue.name)", link, deadline, isUsedAsItIs: topology.isUsedAsItIs(queue)) {
                (channel, reply) throws(RabbitMQError) in try channel.declare(queue, reply: reply)
            }
        }
        for binding in bindings {
            await restore("binding of queue \(binding.queue)", link, deadline) { (channel, reply) throws(RabbitMQError) in
                try channel.bind(binding, reply: reply)
            }
        }
    }

    private func restore(
        _ what: String, _ link: Link, _ deadline: ContinuousClock.Instant, isUsedAsItIs: Bool = false, _ question: Question
    ) async {
        while self.link === link {
            do throws(RabbitMQError) {
                _ = try await ask(link, until: deadline, question)
                return
            } catch {
                if isUsedAsItIs, error.isConflict { return }
                // The broker may not have noticed yet that the connection that owned the queue is gone.
                let isOurs = error.code == .resourceLocked && .now + Self.lockedPause < deadline
                guard isOurs, case .running = phase else {
                    if case .running = phase {
                        logger.error("cannot declare again", metadata: ["what": "\(what)", "error": "\(error)"])
                    }
                    return
                }
            }
            try? await Task.sleep(for: Self.lockedPause)
        }
    }

    /// How long to wait before an exclusive queue is declared again that an earlier connection still owns.
    private static let lockedPause = Duration.milliseconds(50)
}
