internal import EventLoop
internal import Synchronization

/// One party's connection to an ``InMemoryServer``.
final class InMemoryTransport: Transport, Broker, ResultStore {
    private struct Opened: Sendable {
        var consumers: [InMemoryConsumer] = []
        var channels: [InMemoryReplyChannel] = []
        var isClosed = false
    }

    private let server: InMemoryServer
    private let opened = Mutex(Opened())

    init(server: InMemoryServer) {
        self.server = server
    }

    var executor: any TimedExecutor { server.executor }
    var broker: any Broker { self }
    var store: any ResultStore { self }
    var directory: (any ModelDirectory)? { server.directory }

    func run() async throws {
        // Nothing ever arrives: this waits for the cancellation.
        _ = try? await Mailbox<Never>().next()
        let (consumers, channels) = opened.withLock { opened in
            defer { opened = Opened(isClosed: true) }
            return (opened.consumers, opened.channels)
        }
        for consumer in consumers { await server.close(consumer) }
        for channel in channels { await server.close(channel) }
    }

    // MARK: Broker

    func declare(_ queue: QueueDefinition) async throws -> QueueStatus {
        try await server.declare(queue)
    }

    func status(of queue: String) async throws -> QueueStatus {
        try await server.status(of: queue)
    }

    func publish(_ message: Message, to route: Route, completion: @escaping @Sendable (Result<Void, TransportError>) -> Void) {
        server.perform(on: server.executor) { $0.publish(message, to: route, completion: completion) }
    }

    func consume(_ queue: String, prefetch: Int) async throws -> any DeliverySource {
        let consumer = try await server.consume(queue, prefetch: prefetch)
        guard keep({ $0.consumers.append(consumer) }) else {
            // Nobody would ever settle or give back what it has been given.
            await server.close(consumer)
            throw Self.closed
        }
        return consumer
    }

    func openReplyChannel() async throws -> any ReplyChannel {
        let channel = await server.openReplyChannel()
        guard keep({ $0.channels.append(channel) }) else {
            await server.close(channel)
            throw Self.closed
        }
        return channel
    }

    private static let closed = TransportError(code: .closed, message: "the transport has been closed")

    /// Remembers what the end of the transport ends; `false` when it has ended already.
    private func keep(_ change: (inout Opened) -> Void) -> Bool {
        opened.withLock { opened in
            if !opened.isClosed { change(&opened) }
            return !opened.isClosed
        }
    }

    // MARK: Store

    func write(_ entries: [StoreEntry]) async throws -> [StoreOutcome] {
        await server.write(entries)
    }

    func get(_ keys: [String]) async throws -> [[UInt8]?] {
        await server.get(keys)
    }

    func contains(_ keys: [String]) async throws -> [Bool] {
        await server.get(keys).map { $0 != nil }
    }

    func remove(_ keys: [String]) {
        server.perform(on: server.executor) { $0.remove(keys) }
    }

    func serverRun(forKeysWithPrefix prefix: String) async throws -> String? {
        await server.run
    }

    func withNotifications<Outcome: Sendable>(
        forKeysWithPrefix prefix: String,
        body: @Sendable (any NotificationSource) async throws -> Outcome
    ) async throws -> Outcome {
        let subscription = await server.subscribe(toPrefix: prefix)
        do {
            let outcome = try await body(subscription.notifications)
            await server.unsubscribe(subscription.id)
            return outcome
        } catch {
            await server.unsubscribe(subscription.id)
            throw error
        }
    }
}
