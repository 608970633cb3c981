import EventLoop
import MLServingCore
import Synchronization

/// A transport at whose broker somebody else always consumes a little earlier, and whose connection may be another one from time to time.
final class RivalTransport: Transport, Broker {
    private let base: any Transport
    private let takes: Int
    private let generations: Mutex<[UInt64]>
    private let rivals = Mutex<[any DeliverySource]>([])

    /// - Parameters:
    ///   - takes: How many messages the rival takes of a queue before each consumer starts.
    ///   - generations: The lives of the connection that single deliveries come by, one after the other.
    init(_ base: any Transport, takes: Int, generations: [UInt64] = []) {
        self.base = base
        self.takes = takes
        self.generations = Mutex(generations)
    }

    var executor: any TimedExecutor { base.executor }
    var broker: any Broker { self }
    var store: any ResultStore { base.store }

    func run() async throws { try await base.run() }

    func declare(_ queue: QueueDefinition) async throws -> QueueStatus { try await base.broker.declare(queue) }

    func status(of queue: String) async throws -> QueueStatus { try await base.broker.status(of: queue) }

    func publish(_ message: Message, to route: Route, completion: @escaping @Sendable (Result<Void, TransportError>) -> Void) {
        base.broker.publish(message, to: route, completion: completion)
    }

    func openReplyChannel() async throws -> any ReplyChannel { try await base.broker.openReplyChannel() }

    func consume(_ queue: String, prefetch: Int) async throws -> any DeliverySource {
        if takes > 0 {
            let rival = try await base.broker.consume(queue, prefetch: takes)
            rivals.withLock { $0.append(rival) }
        }
        let source = try await base.broker.consume(queue, prefetch: prefetch)
        return Source(base: source, transport: self)
    }

    private func nextGeneration() -> UInt64? {
        generations.withLock { $0.isEmpty ? nil : $0.removeFirst() }
    }

    /// Hands out deliveries one at a time while there are generations to give them.
    private final class Source: DeliverySource {
        private let base: any DeliverySource
        private let transport: RivalTransport
        private let kept = Mutex<[Delivery]>([])

        init(base: any DeliverySource, transport: RivalTransport) {
            self.base = base
            self.transport = transport
        }

        func next() async throws -> [Delivery] {
            var deliveries = kept.withLock { kept in
                defer { kept = [] }
                return kept
            }
            if deliveries.isEmpty { deliveries = try await base.next() }
            guard let generation = transport.nextGeneration(), !deliveries.isEmpty else { return deliveries }
            let rest = Array(deliveries.dropFirst())
            kept.withLock { $0 = rest }
            deliveries[0].tag.generation = generation
            return [deliveries[0]]
        }

        func acknowledge(_ tags: [DeliveryTag]) { base.acknowledge(tags) }
        func reject(_ tags: [DeliveryTag], requeue: Bool) { base.reject(tags, requeue: requeue) }
        func cancel() async { await base.cancel() }
        var registration: Registration { base.registration }
    }
}
