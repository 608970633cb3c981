import MLServingTesting
import RabbitMQ
import Testing

@Suite("Reply channel", .enabled(if: TestBroker.isAvailable), .timeLimit(.minutes(5)))
struct ReplyChannelTests {
    /// Answers requests with their own bodies until the consumer ends.
    private func echo(_ consumer: RabbitMQConsumer, on connection: RabbitMQConnection) async throws {
        while case let deliveries = try await consumer.next(), !deliveries.isEmpty {
            for delivery in deliveries {
                let reply = Message(body: delivery.body, properties: .init(correlationID: delivery.properties.correlationID))
                // The broker returns every mandatory message to a reply channel, even one that it has delivered.
                try await connection.publish(reply, routingKey: #require(delivery.properties.replyTo), mandatory: false)
                await consumer.acknowledge(delivery.tag)
            }
        }
    }

    @Test func repliesComeBackWithTheirCorrelation() async throws {
        try await TestBroker.withQueue { connection, queue in
            let consumer = try await connection.consume(queue, prefetch: 10)
            async let server: Void = echo(consumer, on: connection)
            let channel = try await connection.openReplyChannel()
            for index in 0..<20 {
                try await channel.publish(Message(body: [UInt8(index)], properties: .init(correlationID: "\(index)")), routingKey: queue)
            }
            var replies: [String: [UInt8]] = [:]
            while replies.count < 20, case .replies(let deliveries) = try await channel.next() {
                for delivery in deliveries { replies[delivery.properties.correlationID ?? ""] = delivery.body }
            }
            #expect(replies == Dictionary(uniqueKeysWithValues: (0..<20).map { ("\($0)", [UInt8($0)]) }))
            await consumer.cancel()
            try await server
            await channel.close()
            #expect(try await channel.next() == nil)
        }
    }

    @Test func requestThatNoQueueTakesIsAnErrorAndTheChannelGoesOn() async throws {
        try await TestBroker.withQueue { connection, queue in
            let channel = try await connection.openReplyChannel()
            let error = await #expect(throws: RabbitMQError.self) {
                try await channel.publish(Message(body: []), routingKey: TestBroker.makeName())
            }
            #expect(error?.code == .unroutable)
            try await channel.publish(Message(body: []), routingKey: queue)
        }
    }

    @Test func replyAddressExistsWhileItsChannelIsOpen() async throws {
        try await TestBroker.withQueue { connection, queue in
            let consumer = try await connection.consume(queue, prefetch: 1)
            let channel = try await connection.openReplyChannel()
            try await channel.publish(Message(body: []), routingKey: queue)
            let address = try #require(try await consumer.take(1).first?.properties.replyTo)
            #expect(try await connection.queueStatus(of: address).name == address)
            await channel.close()
            let error = await #expect(throws: RabbitMQError.self) { try await connection.queueStatus(of: address) }
            #expect(error?.code == .notFound)
        }
    }

    @Test func lostChannelIsReportedAndReplaced() async throws {
        let proxy = try FaultProxy(to: #require(TestBroker.node))
        defer { proxy.close() }
        var configuration = TestBroker.configuration
        configuration.nodes = [proxy.node]
        try await TestBroker.withQueue(QueueDeclaration(name: TestBroker.makeName()), configuration) { connection, queue in
            let consumer = try await connection.consume(queue, prefetch: 10)
            let channel = try await connection.openReplyChannel()
            let confirmation = try await channel.publish(Message(body: [1]), routingKey: queue)
            proxy.cut()
            guard case .interrupted(let generation)? = try await channel.next() else {
                Issue.record("expected an interruption")
                return
            }
            #expect(confirmation.generation <= generation)
            let renewed = try await channel.publish(Message(body: [2]), routingKey: queue)
            #expect(renewed.generation > generation)
            async let server: Void = echo(consumer, on: connection)
            guard case .replies(let replies)? = try await channel.next() else {
                Issue.record("expected a reply")
                return
            }
            #expect(replies.map(\.body).contains([2]))
            await consumer.cancel()
            try await server
        }
    }
}
