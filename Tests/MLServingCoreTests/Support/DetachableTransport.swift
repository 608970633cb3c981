import EventLoop
import MLServingCore

/// A transport whose consuming channels can be lost without anything else being lost, as by RabbitMQ's `consumer_timeout`: what they had delivered
/// goes back to the queue, while the consumer lives on. They are not opened again.
final class DetachableTransport: Transport, Broker {
    private let base: any Transport
    private let consuming: any Transport
    private let loss = Gate()
    private let lost = Recorded<Void>()

    init(_ server: InMemoryServer) {
        base = server.transport()
        consuming = server.transport()
    }

    var executor: any TimedExecutor { base.executor }
    var broker: any Broker { self }
    var store: any ResultStore { base.store }

    func run() async throws {
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { try await self.base.run() }
            group.addTask {
                let run = Task { try await self.consuming.run() }
                try? await self.loss.wait()
                run.cancel()
                _ = await run.result
                self.lost.append(())
                try await Gate().wait()
            }
            defer { group.cancelAll() }
            try await group.next()
        }
    }

    /// Loses the channels, and returns when their deliveries are back in the queue.
    func loseChannels() async {
        loss.open()
        await lost.wait()
    }

    func declare(_ queue: QueueDefinition) async throws -> QueueStatus {
        try await base.broker.declare(queue)
    }

    func status(of queue: String) async throws -> QueueStatus {
        try await base.broker.status(of: queue)
    }

    func publish(_ message: Message, to route: Route, completion: @escaping @Sendable (Result<Void, TransportError>) -> Void) {
        base.broker.publish(message, to: route, completion: completion)
    }

    func consume(_ queue: String, prefetch: Int) async throws -> any DeliverySource {
        DetachableSource(base: try await consuming.broker.consume(queue, prefetch: prefetch))
    }

    func openReplyChannel() async throws -> any ReplyChannel {
        try await base.broker.openReplyChannel()
    }
}

private struct DetachableSource: DeliverySource {
    let base: any DeliverySource

    func next() async throws -> [Delivery] {
        let deliveries = try await base.next()
        // The source waits for a connection that does not come.
        if deliveries.isEmpty { try await Gate().wait() }
        return deliveries
    }

    func acknowledge(_ tags: [DeliveryTag]) { base.acknowledge(tags) }
    func reject(_ tags: [DeliveryTag], requeue: Bool) { base.reject(tags, requeue: requeue) }
    func cancel() async { await base.cancel() }
    var registration: Registration { base.registration }
}
