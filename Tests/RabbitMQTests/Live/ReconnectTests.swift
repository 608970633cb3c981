import EventLoop
import MLServingTesting
import RabbitMQ
import Testing

@Suite("Reconnect", .enabled(if: TestBroker.isAvailable), .timeLimit(.minutes(5)))
struct ReconnectTests {
    private func withProxy<Value: Sendable>(
        heartbeat: Duration = .seconds(60), publishTimeout: Duration = .seconds(30),
        _ body: @Sendable (FaultProxy, RabbitMQConnection, String) async throws -> Value
    ) async throws -> Value {
        let proxy = try FaultProxy(to: #require(TestBroker.node))
        defer { proxy.close() }
        var configuration = TestBroker.configuration
        configuration.nodes = [proxy.node]
        configuration.heartbeat = heartbeat
        configuration.publishTimeout = publishTimeout
        return try await TestBroker.withQueue(QueueDeclaration(name: TestBroker.makeName("reconnect")), configuration) {
            connection, queue in
            try await body(proxy, connection, queue)
        }
    }

    @Test func openDeliveriesComeAgainAndStaleSettlementsAreDropped() async throws {
        try await withProxy { proxy, connection, queue in
            for index in 0..<3 { try await connection.publish(Message(body: [UInt8(index)]), routingKey: queue) }
            let consumer = try await connection.consume(queue, prefetch: 10)
            let before = try await consumer.take(3)
            proxy.cut()
            let after = try await consumer.take(3)
            #expect(after.map(\.body).sorted { $0[0] < $1[0] } == [[0], [1], [2]])
            #expect(after.allSatisfy { $0.isRedelivered && $0.tag.generation > before[0].tag.generation })
            await consumer.acknowledge(before.map(\.tag))
            #expect(await connection.statistics.staleSettlementCount == 3)
            await consumer.acknowledge(after.map(\.tag))
            await consumer.cancel()
            #expect(try await connection.queueStatus(of: queue).messageCount == 0)
            #expect(await connection.statistics.connectCount == 2)
        }
    }

    @Test func declaredQueuesAreBackBeforeAnythingIsPublished() async throws {
        try await withProxy { proxy, connection, _ in
            // The queue goes with the connection, so only a new declaration can bring it back.
            let exclusive = QueueDeclaration(name: TestBroker.makeName("exclusive"), isDurable: false, isExclusive: true)
            try await connection.declareQueue(exclusive)
            let exchange = ExchangeDeclaration(name: TestBroker.makeName("exchange"), type: "direct", isDurable: false)
            try await connection.declareExchange(exchange)
            try await connection.bindQueue(QueueBinding(queue: exclusive.name, exchange: exchange.name, routingKey: "key"))
            proxy.refuse(true)
            while await connection.statistics.isConnected { await Task.yield() }
            async let direct = connection.publish(Message(body: [1]), routingKey: exclusive.name)
            async let routed = connection.publish(Message(body: [2]), exchange: exchange.name, routingKey: "key")
            proxy.refuse(false)
            _ = try await (direct, routed)
            #expect(try await connection.purgeQueue(named: exclusive.name) == 2)
            try await connection.deleteExchange(named: exchange.name)
        }
    }

    /// If cuts made the waits grow all the same, this would take several minutes.
    @Test func cutsDoNotAddUpWhileSomethingGetsThrough() async throws {
        try await withProxy { proxy, connection, queue in
            for index in 0..<50 {
                try await connection.publish(Message(body: [UInt8(index)]), routingKey: queue)
                proxy.cut()
                while await connection.statistics.isConnected { await Task.yield() }
            }
            #expect(try await connection.purgeQueue(named: queue) == 50)
        }
    }

    /// The network swallows everything, and no system call fails: the heartbeats of a minute would take two to tell.
    @Test func silentBrokerIsNoticedWithinTenSeconds() async throws {
        try await withProxy { proxy, connection, queue in
            let consumer = try await connection.consume(queue, prefetch: 1)
            proxy.fallSilent()
            let began = ContinuousClock.now
            while await connection.statistics.isConnected { await Task.yield() }
            #expect(ContinuousClock.now - began < .seconds(10))
            #expect(!consumer.registration.isRegistered)
            proxy.speakAgain()
            try await connection.publish(Message(body: [1]), routingKey: queue)
            #expect(try await consumer.take(1).map(\.body) == [[1]])
        }
    }

    /// A question now and then keeps a connection on which nothing happens.
    @Test func idleConnectionIsKept() async throws {
        try await withProxy { proxy, connection, _ in
            // Two questions and their answers.
            await proxy.waitForChunks(4)
            #expect(await connection.statistics.connectCount == 1)
            #expect(await connection.statistics.isConnected)
        }
    }

    @Test func writtenPublishFailsWithUnknownOutcome() async throws {
        try await withProxy { proxy, connection, queue in
            try await connection.publish(Message(body: [0]), routingKey: queue)
            proxy.fallSilent()
            let publish = Task { try await connection.publish(Message(body: [1]), routingKey: queue) }
            while await connection.statistics.publishCount < 2 { await Task.yield() }
            proxy.speakAgain()
            let error = await #expect(throws: RabbitMQError.self) { _ = try await publish.value }
            #expect(error?.code == .connectionLost)
            #expect(error?.isOutcomeUnknown == true)
        }
    }

    @Test func publishThatWasNotWrittenInTimeFailsWithKnownOutcome() async throws {
        try await withProxy(publishTimeout: .milliseconds(50)) { proxy, connection, queue in
            proxy.refuse(true)
            while await connection.statistics.isConnected { await Task.yield() }
            let error = await #expect(throws: RabbitMQError.self) { try await connection.publish(Message(body: []), routingKey: queue) }
            #expect(error?.code == .timedOut)
            #expect(error?.isOutcomeUnknown == false)
            proxy.refuse(false)
        }
    }

    @Test func silentBrokerIsGivenUp() async throws {
        try await withProxy(heartbeat: .seconds(1)) { proxy, connection, queue in
            proxy.fallSilent()
            let error = await #expect(throws: RabbitMQError.self) { try await connection.publish(Message(body: []), routingKey: queue) }
            #expect(error?.code == .connectionLost)
            #expect(error?.message.contains("silent") == true)
            proxy.speakAgain()
        }
    }

    @Test func heartbeatsKeepAnIdleConnection() async throws {
        try await withProxy(heartbeat: .seconds(2)) { proxy, connection, queue in
            // Each side speaks once a second, and is given up after four to six seconds of silence.
            await proxy.waitForChunks(16)
            try await connection.publish(Message(body: []), routingKey: queue)
            #expect(await connection.statistics.connectCount == 1)
        }
    }

    @Test func cancelledConsumerEndsWithItsConnection() async throws {
        try await withProxy { proxy, connection, queue in
            let consumer = try await connection.consume(queue, prefetch: 10)
            await consumer.cancel()
            proxy.cut()
            #expect(try await consumer.next().isEmpty)
        }
    }

    @Test func manyCutsLoseNoConfirmedMessage() async throws {
        try await withProxy { proxy, connection, queue in
            let consumer = try await connection.consume(queue, prefetch: 50)
            async let received = receive(200, from: consumer)
            for index: UInt8 in 0..<200 {
                if index % 40 == 20 { proxy.cut() }
                try await publish([index], to: queue, on: connection)
            }
            #expect(try await received == Set(0..<200))
        }
    }

    /// Publishes until the broker has confirmed: a duplicate is allowed, a loss is not.
    private func publish(_ body: [UInt8], to queue: String, on connection: RabbitMQConnection) async throws {
        while true {
            do throws(RabbitMQError) {
                try await connection.publish(Message(body: body), routingKey: queue)
                return
            } catch {
                guard error.isOutcomeUnknown else { throw error }
            }
        }
    }

    /// Takes and acknowledges until that many different bodies have come.
    private func receive(_ count: Int, from consumer: RabbitMQConsumer) async throws -> Set<UInt8> {
        var seen: Set<UInt8> = []
        while seen.count < count {
            for delivery in try await consumer.next() {
                seen.insert(delivery.body[0])
                await consumer.acknowledge(delivery.tag)
            }
        }
        return seen
    }
}
