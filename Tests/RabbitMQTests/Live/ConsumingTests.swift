import RabbitMQ
import Testing

@Suite("Consuming", .enabled(if: TestBroker.isAvailable), .timeLimit(.minutes(5)))
struct ConsumingTests {
    /// Publishes messages with bodies [0], [1], ….
    private func publish(_ count: UInt8, to queue: String, on connection: RabbitMQConnection) async throws {
        for index in 0..<count { try await connection.publish(Message(body: [index]), routingKey: queue) }
    }

    @Test func deliveriesComeInOrderAndAcknowledgedOnesAreGone() async throws {
        try await TestBroker.withQueue { connection, queue in
            try await publish(20, to: queue, on: connection)
            let consumer = try await connection.consume(queue, prefetch: 50)
            let deliveries = try await consumer.take(20)
            #expect(deliveries.map(\.body) == (0..<20).map { [$0] })
            #expect(deliveries.allSatisfy { !$0.isRedelivered && $0.routingKey == queue && $0.exchange.isEmpty })
            await consumer.acknowledge(deliveries.map(\.tag))
            await consumer.cancel()
            #expect(try await consumer.next().isEmpty)
            #expect(try await connection.queueStatus(of: queue).messageCount == 0)
        }
    }

    @Test func prefetchBoundsWhatIsOpen() async throws {
        try await TestBroker.withQueue { connection, queue in
            try await publish(10, to: queue, on: connection)
            let consumer = try await connection.consume(queue, prefetch: 3)
            let first = try await consumer.take(3)
            #expect(try await connection.queueStatus(of: queue).messageCount == 7)
            await consumer.acknowledge(first[1].tag)
            let next = try await consumer.take(1)
            #expect(next.map(\.body) == [[3]])
            #expect(try await connection.queueStatus(of: queue).messageCount == 6)
        }
    }

    @Test func rejectedDeliveryComesAgainOrGoesToTheDeadLetters() async throws {
        let dead = TestBroker.makeName("dead")
        let work = QueueDeclaration(
            name: TestBroker.makeName(), arguments: ["x-dead-letter-exchange": "", "x-dead-letter-routing-key": .string(dead)])
        try await TestBroker.withQueue(QueueDeclaration(name: dead)) { connection, dead in
            try await connection.declareQueue(work)
            try await publish(1, to: work.name, on: connection)
            let consumer = try await connection.consume(work.name, prefetch: 10)
            let first = try await consumer.take(1)[0]
            await consumer.reject(first.tag, requeue: true)
            let second = try await consumer.take(1)[0]
            #expect(second.isRedelivered)
            await consumer.giveBack(second.tag)
            let third = try await consumer.take(1)[0]
            #expect(third.isRedelivered)
            await consumer.reject(third.tag, requeue: false)
            let letters = try await connection.consume(dead, prefetch: 1)
            let letter = try await letters.take(1)[0]
            #expect(letter.body == [0])
            #expect(letter.properties.headers["x-death"] != nil)
            try await connection.deleteQueue(named: work.name)
        }
    }

    @Test func settlingTwiceIsDroppedAndCounted() async throws {
        try await TestBroker.withQueue { connection, queue in
            try await publish(2, to: queue, on: connection)
            let consumer = try await connection.consume(queue, prefetch: 10)
            let deliveries = try await consumer.take(2)
            await consumer.acknowledge(deliveries.map(\.tag))
            await consumer.acknowledge(deliveries[0].tag)
            await consumer.reject(DeliveryTag(generation: deliveries[0].tag.generation, number: 77), requeue: true)
            #expect(try await connection.queueStatus(of: queue).messageCount == 0)
            #expect(await connection.statistics.staleSettlementCount == 2)
            #expect(await connection.statistics.consumerRestartCount == 0)
        }
    }

    @Test func cancelledConsumerHandsOutWhatHadArrived() async throws {
        try await TestBroker.withQueue { connection, queue in
            let consumer = try await connection.consume(queue, prefetch: 10)
            try await publish(3, to: queue, on: connection)
            await consumer.cancel()
            let rest = try await consumer.take(3)
            try await publish(1, to: queue, on: connection)
            await consumer.acknowledge(rest.map(\.tag))
            #expect(try await consumer.next().isEmpty)
            #expect(try await connection.queueStatus(of: queue) == QueueStatus(name: queue, messageCount: 4 - rest.count, consumerCount: 0))
        }
    }

    @Test func consumerOfADeletedQueueDeclaresItAgain() async throws {
        try await TestBroker.withQueue { connection, queue in
            let consumer = try await connection.consume(queue, prefetch: 10)
            try await TestBroker.withConnection { other in _ = try await other.deleteQueue(named: queue) }
            while await connection.statistics.consumerRestartCount == 0 { await Task.yield() }
            while await (try? connection.queueStatus(of: queue))?.consumerCount != 1 { try Task.checkCancellation() }
            try await publish(1, to: queue, on: connection)
            #expect(try await consumer.take(1).map(\.body) == [[0]])
        }
    }

    @Test func consumerOfADeletedQueueHasItsBindingsAgain() async throws {
        let exchange = ExchangeDeclaration(name: TestBroker.makeName("exchange"), type: "direct", isDurable: false, isAutoDeleted: true)
        try await TestBroker.withQueue { connection, queue in
            try await connection.declareExchange(exchange)
            try await connection.bindQueue(QueueBinding(queue: queue, exchange: exchange.name, routingKey: "key"))
            let consumer = try await connection.consume(queue, prefetch: 10)
            // With its last binding the exchange goes, too.
            try await TestBroker.withConnection { other in _ = try await other.deleteQueue(named: queue) }
            while await connection.statistics.consumerRestartCount == 0 || !consumer.registration.isRegistered { await Task.yield() }
            try await connection.publish(Message(body: [3]), exchange: exchange.name, routingKey: "key")
            #expect(try await consumer.take(1).map(\.body) == [[3]])
        }
    }

    /// Somebody else's queue cannot be declared again, only waited for: longer than the eight attempts after which consumers once gave up.
    @Test func consumerWaitsForItsQueueForAsLongAsItTakes() async throws {
        let queue = QueueDeclaration(name: TestBroker.makeName())
        try await TestBroker.withConnection { other in
            try await other.declareQueue(queue)
            try await TestBroker.withConnection { connection in
                let consumer = try await connection.consume(queue.name, prefetch: 10)
                try await other.deleteQueue(named: queue.name)
                while await connection.statistics.consumerRestartCount < 12 { await Task.yield() }
                #expect(!consumer.registration.isRegistered)
                try await other.declareQueue(queue)
                try await publish(1, to: queue.name, on: other)
                #expect(try await consumer.take(1).map(\.body) == [[0]])
                #expect(consumer.registration.isRegistered)
            }
            try await other.deleteQueue(named: queue.name)
        }
    }

    @Test func messageBeyondTheLimitArrivesWithoutItsBodyAndTheNextOneWhole() async throws {
        var configuration = TestBroker.configuration
        configuration.messageMaximum = 200_000
        try await TestBroker.withQueue(QueueDeclaration(name: TestBroker.makeName()), configuration) { connection, queue in
            let large = Message(body: [UInt8](repeating: 1, count: 200_001), properties: MessageProperties(messageID: "large"))
            for _ in 0..<10 { try await connection.publish(large, routingKey: queue) }
            try await publish(1, to: queue, on: connection)
            let consumer = try await connection.consume(queue, prefetch: 3)
            var deliveries: [Delivery] = []
            while deliveries.count < 11 {
                let arrived = try await consumer.next()
                deliveries += arrived
                await consumer.acknowledge(arrived.map(\.tag))
            }
            for delivery in deliveries.dropLast() {
                #expect(delivery.defect?.description.contains("200001") == true)
                #expect(delivery.properties.messageID == "large")
                #expect(delivery.body.isEmpty)
            }
            #expect(deliveries.last?.body == [0])
            #expect(deliveries.last?.defect == nil)
            #expect(await connection.statistics.connectCount == 1)
        }
    }

    @Test func consumerOfAMissingQueueIsAnError() async throws {
        try await TestBroker.withConnection { connection in
            let error = await #expect(throws: RabbitMQError.self) {
                _ = try await connection.consume(TestBroker.makeName(), prefetch: 1)
            }
            #expect(error?.code == .notFound)
        }
    }

    @Test func exclusiveConsumerKeepsOthersOut() async throws {
        try await TestBroker.withQueue { connection, queue in
            _ = try await connection.consume(queue, prefetch: 1, exclusive: true)
            let error = await #expect(throws: RabbitMQError.self) { _ = try await connection.consume(queue, prefetch: 1) }
            #expect(error?.code == .accessRefused)
        }
    }

    /// Without acknowledgements only the socket can make the broker wait; nothing else is heard meanwhile.
    @Test func readingPausesWhenNobodyTakesWhatNeedsNoAcknowledgement() async throws {
        let count = 40_000
        try await TestBroker.withConnection { publishing in
            try await TestBroker.withQueue { connection, queue in
                try await withThrowingTaskGroup(of: Void.self) { group in
                    for _ in 0..<100 {
                        group.addTask {
                            for _ in 0..<count / 100 { try await publishing.publish(Message(body: []), routingKey: queue) }
                        }
                    }
                    try await group.waitForAll()
                }
                let consumer = try await connection.consume(queue, prefetch: 1, automaticAcknowledgement: true)
                while await connection.statistics.deliveryCount < 16_384 { await Task.yield() }
                let error = await #expect(throws: RabbitMQError.self) {
                    try await connection.queueStatus(of: queue, deadline: .now + .milliseconds(100))
                }
                #expect(error?.code == .timedOut)
                #expect(await connection.statistics.deliveryCount < count)
                #expect(try await consumer.take(count).count == count)
                #expect(try await connection.queueStatus(of: queue).consumerCount == 1)
            }
        }
    }

    @Test func cancelledTaskLosesNoDelivery() async throws {
        try await TestBroker.withQueue { connection, queue in
            let consumer = try await connection.consume(queue, prefetch: 10)
            let waiting = Task { try await consumer.next() }
            waiting.cancel()
            let error = await #expect(throws: RabbitMQError.self) { _ = try await waiting.value }
            #expect(error?.code == .cancelled)
            try await publish(1, to: queue, on: connection)
            #expect(try await consumer.take(1).count == 1)
        }
    }
}
