internal import EventLoop
internal import Synchronization

/// A consumer of an ``InMemoryServer``.
///
/// `@unchecked Sendable`: its variables are touched on the server's executor only, its registration by any thread.
final class InMemoryConsumer: DeliverySource, @unchecked Sendable {
    let id: UInt64
    let queue: String
    let deliveries = Mailbox<Delivery>()
    var unsettled: [UInt64: InMemoryQueue.Entry] = [:]
    private(set) var isCancelled = false
    private(set) var lastServed: UInt64 = 0
    private let prefetch: Int
    private let server: InMemoryServer
    private let registered: Mutex<Registration>

    init(id: UInt64, queue: String, prefetch: Int, server: InMemoryServer) {
        registered = Mutex(Registration(isRegistered: true, since: server.executor.now))
        self.id = id
        self.queue = queue
        self.prefetch = prefetch
        self.server = server
    }

    var hasRoom: Bool { !isCancelled && unsettled.count < prefetch }

    var registration: Registration { registered.withLock { $0 } }

    func end(at now: ContinuousClock.Instant) {
        guard !isCancelled else { return }
        isCancelled = true
        registered.withLock { $0 = Registration(isRegistered: false, since: now) }
        deliveries.finish()
    }

    /// Its queue was deleted, with all that it has not settled.
    func loseQueue(at now: ContinuousClock.Instant) {
        unsettled = [:]
        registered.withLock { $0 = Registration(isRegistered: false, since: now) }
    }

    func findQueue(at now: ContinuousClock.Instant) {
        registered.withLock { if !$0.isRegistered { $0 = Registration(isRegistered: true, since: now) } }
    }

    func deliver(_ entry: InMemoryQueue.Entry, number: UInt64) {
        lastServed = number
        unsettled[number] = entry
        let tag = DeliveryTag(generation: id, number: number)
        deliveries.append(Delivery(message: entry.message, tag: tag, deliveryCount: entry.deliveryCount))
    }

    func next() async throws -> [Delivery] {
        try await deliveries.next()
    }

    func acknowledge(_ tags: [DeliveryTag]) {
        server.perform(on: server.executor) { $0.acknowledge(tags, of: self) }
    }

    func reject(_ tags: [DeliveryTag], requeue: Bool) {
        server.perform(on: server.executor) { $0.reject(tags, requeue: requeue, of: self) }
    }

    func cancel() async {
        await server.cancel(self)
    }

    func close() async {
        await server.close(self)
    }
}

/// A reply channel of an ``InMemoryServer``.
final class InMemoryReplyChannel: ReplyChannel {
    let address: String
    let replies = Mailbox<Message>()
    private let server: InMemoryServer

    init(address: String, server: InMemoryServer) {
        self.address = address
        self.server = server
    }

    func publish(_ message: Message, to route: Route, completion: @escaping @Sendable (Result<Void, TransportError>) -> Void) {
        var message = message
        message.replyTo = address
        server.perform(on: server.executor) { [message] in $0.publish(message, to: route, completion: completion) }
    }

    func next() async throws -> Replies {
        let messages = try await replies.next()
        if messages.isEmpty { throw TransportError(code: .closed, message: "the transport has been closed") }
        return Replies(messages: messages)
    }
}
