import EventLoop
import MLServingCore

/// A transport whose deliveries arrive, but are not read before a gate is open.
final class SlowTransport: Transport, Broker {
    let gate = Gate()
    /// Sources that are being read.
    let asked = Recorded<Void>()
    /// Sources whose intake has ended.
    let cancelled = Recorded<Void>()
    private let base: any Transport

    init(_ base: any Transport) {
        self.base = base
    }

    var executor: any TimedExecutor { base.executor }
    var broker: any Broker { self }
    var store: any ResultStore { base.store }

    func run() async throws { try await base.run() }
    func declare(_ queue: QueueDefinition) async throws -> QueueStatus { try await base.broker.declare(queue) }
    func status(of queue: String) async throws -> QueueStatus { try await base.broker.status(of: queue) }
    func openReplyChannel() async throws -> any ReplyChannel { try await base.broker.openReplyChannel() }

    func publish(_ message: Message, to route: Route, completion: @escaping @Sendable (Result<Void, TransportError>) -> Void) {
        base.broker.publish(message, to: route, completion: completion)
    }

    func consume(_ queue: String, prefetch: Int) async throws -> any DeliverySource {
        SlowSource(base: try await base.broker.consume(queue, prefetch: prefetch), transport: self)
    }
}

private struct SlowSource: DeliverySource {
    let base: any DeliverySource
    let transport: SlowTransport

    func next() async throws -> [Delivery] {
        transport.asked.append(())
        try await transport.gate.wait()
        return try await base.next()
    }

    func acknowledge(_ tags: [DeliveryTag]) { base.acknowledge(tags) }
    func reject(_ tags: [DeliveryTag], requeue: Bool) { base.reject(tags, requeue: requeue) }

    func cancel() async {
        await base.cancel()
        transport.cancelled.append(())
    }

    var registration: Registration { base.registration }
}
