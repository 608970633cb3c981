import Testing

@testable import MLServingCore

/// An in-memory server with a queue of requests and its dead letters.
struct DeadLetterBox {
    let server = InMemoryServer()
    let requests = "work"
    let name = "work.dead-letters"

    /// Makes both queues, and letters `0`, `1` … with the reasons.
    init(_ reasons: [String]) async throws {
        let broker = server.transport().broker
        try await broker.declare(QueueDefinition(name: requests))
        try await broker.declare(QueueDefinition(name: name))
        for (number, reason) in reasons.enumerated() { try await add("\(number)", reason: reason) }
    }

    init(count: Int) async throws {
        try await self.init(Array(repeating: "prediction_failed", count: count))
    }

    /// Adds a letter whose body is its id, in MessagePack, and whose result key is `mlserving:key-<id>`.
    func add(_ id: String, reason: String) async throws {
        var message = Message(body: try MessagePackCodec().encode(id), messageID: id)
        message.headers = [
            MessageHeader.resultKey: .string("mlserving:key-" + id), MessageHeader.deadLetterReason: .string(reason),
            MessageHeader.deadLetterQueue: .string(requests),
        ]
        try await server.transport().broker.publish(message, to: Route(routingKey: name))
    }

    /// The letters, through a transport of their own unless one is given.
    func letters(pageSize: Int = 50, transport: (any Transport)? = nil) -> DeadLetterQueue {
        var letters = DeadLetterQueue(name, transport: transport ?? server.transport(), pageSize: pageSize)
        // In memory everything is there at once.
        letters.idleTimeout = .milliseconds(50)
        return letters
    }

    /// Takes what waits in a queue, in its order.
    func messages(in queue: String) async throws -> [Message] {
        let transport = server.transport()
        let depth = try await transport.broker.status(of: queue).depth
        guard depth > 0 else { return [] }
        let source = try await transport.broker.consume(queue, prefetch: depth)
        var messages: [Message] = []
        while messages.count < depth {
            let deliveries = try await source.next()
            messages += deliveries.map(\.message)
            source.acknowledge(deliveries.map(\.tag))
        }
        return messages
    }

    /// Checks which letters are there, in order, by taking them.
    func expect(_ ids: [String], sourceLocation: SourceLocation = #_sourceLocation) async throws {
        let left = try await messages(in: name).map(\.messageID)
        #expect(left == ids, sourceLocation: sourceLocation)
    }
}
