import EventLoop
import MLServingTesting
import RabbitMQ
import Testing

/// What a real broker does too rarely to wait for: a proxy slips its own frames in between.
@Suite("Forged broker", .enabled(if: TestBroker.isAvailable), .timeLimit(.minutes(5)))
struct ForgedBrokerTests {
    private func withProxy(
        blockedTimeout: Duration = .seconds(30), _ body: @Sendable (FaultProxy, RabbitMQConnection, String) async throws -> Void
    ) async throws {
        let proxy = try FaultProxy(to: #require(TestBroker.node))
        defer { proxy.close() }
        var configuration = TestBroker.configuration
        configuration.nodes = [proxy.node]
        configuration.blockedTimeout = blockedTimeout
        try await TestBroker.withQueue(QueueDeclaration(name: TestBroker.makeName("forged")), configuration) { connection, queue in
            try await body(proxy, connection, queue)
        }
    }

    @Test func blockedConnectionHoldsPublishesBack() async throws {
        try await withProxy { proxy, connection, queue in
            proxy.inject(ForgedFrame.blocked)
            while await !connection.statistics.isBlocked { await Task.yield() }
            let publish = Task { try await connection.publish(Message(body: []), routingKey: queue) }
            // Questions are answered meanwhile, in turns of the loop that would have written the message.
            #expect(try await connection.queueStatus(of: queue).messageCount == 0)
            #expect(await connection.statistics.publishCount == 0)
            proxy.inject(ForgedFrame.unblocked)
            _ = try await publish.value
            #expect(await connection.statistics.isBlocked == false)
        }
    }

    @Test func publishFailsOnceTheConnectionHasBeenBlockedForTooLong() async throws {
        try await withProxy(blockedTimeout: .milliseconds(30)) { proxy, connection, queue in
            proxy.inject(ForgedFrame.blocked)
            while await !connection.statistics.isBlocked { await Task.yield() }
            for _ in 0..<2 {
                let error = await #expect(throws: RabbitMQError.self) { try await connection.publish(Message(body: []), routingKey: queue) }
                #expect(error?.code == .blocked)
                #expect(error?.message.contains("forged") == true)
                #expect(error?.isOutcomeUnknown == false)
            }
            proxy.inject(ForgedFrame.unblocked)
            while await connection.statistics.isBlocked { await Task.yield() }
            try await connection.publish(Message(body: []), routingKey: queue)
        }
    }

    /// A header with one entry of a kind that nobody knows, and a message id.
    private func unreadableHeader(channel: UInt16, bodySize: UInt8) -> [UInt8] {
        let table: [UInt8] = [0, 0, 0, 3, 1, 65, 63]
        let payload = [0, 60, 0, 0] + [0, 0, 0, 0, 0, 0, 0, bodySize] + [0b0010_0000, 0b1000_0000] + table + ForgedFrame.shortText("m-1")
        return ForgedFrame.frame(type: 2, channel: channel, payload)
    }

    @Test func headersThatCannotBeReadArriveAsADefectAndTheConnectionStays() async throws {
        try await withProxy { proxy, connection, queue in
            // Channel 1 asks questions, 2 publishes, 3 consumes.
            try await connection.publish(Message(body: [1]), routingKey: queue)
            let consumer = try await connection.consume(queue, prefetch: 30)
            _ = try await consumer.take(1)
            let forged = (2...11 as ClosedRange<UInt64>).flatMap { number in
                ForgedFrame.deliver(channel: 3, number: number) + unreadableHeader(channel: 3, bodySize: 2)
                    + ForgedFrame.frame(type: 3, channel: 3, [8, 9])
            }
            proxy.inject(forged + ForgedFrame.deliver(channel: 3, number: 12) + ForgedFrame.header(channel: 3, bodySize: 0))
            let deliveries = try await consumer.take(11)
            for delivery in deliveries.dropLast() {
                #expect(delivery.defect?.description.contains("unknown kind") == true)
                #expect(delivery.properties.messageID == "m-1")
                #expect(delivery.body.isEmpty)
            }
            #expect(deliveries.last?.defect == nil)
            #expect(await connection.statistics.connectCount == 1)
        }
    }

    @Test func acknowledgementTimeoutIsToldApartFromOtherInterruptions() async throws {
        try await withProxy { proxy, connection, queue in
            try await connection.publish(Message(body: [1]), routingKey: queue)
            let consumer = try await connection.consume(queue, prefetch: 10)
            let before = try await consumer.take(1)
            let text = "PRECONDITION_FAILED - delivery acknowledgement on channel 3 timed out. Timeout value used: 1800000 ms."
            proxy.inject(ForgedFrame.method(channel: 3, class: 20, 40, [1, 150] + ForgedFrame.shortText(text) + [0, 0, 0, 0]))
            let after = try await consumer.take(1)
            #expect(after.map(\.body) == [[1]])
            #expect(after[0].tag.generation > before[0].tag.generation)
            #expect(consumer.acknowledgementTimeouts == 1)
            await consumer.acknowledge(before.map(\.tag))
            #expect(await connection.statistics.staleSettlementCount == 1)
        }
    }

    @Test(arguments: [
        [UInt8](repeating: 0xAB, count: 64),
        ForgedFrame.frame(type: 1, channel: 0, [0xFF, 0xFF, 0xFF, 0xFF]),
        ForgedFrame.frame(type: 1, channel: 0, []),
        ForgedFrame.method(class: 10, 10, [0, 9]),
        ForgedFrame.method(class: 10, 50, [0, 200] + ForgedFrame.shortText("going away") + [0, 0, 0, 0]),
        ForgedFrame.deliver(channel: 2, number: 1),
        ForgedFrame.deliver(channel: 3, number: 5) + ForgedFrame.header(channel: 3, bodySize: 0),
        ForgedFrame.deliver(channel: 3, number: 1) + ForgedFrame.header(channel: 3, bodySize: .max),
        ForgedFrame.header(channel: 3, bodySize: 1),
        ForgedFrame.frame(type: 3, channel: 3, [1, 2, 3]),
        ForgedFrame.method(channel: 3, class: 60, 21, ForgedFrame.shortText("unasked")),
    ])
    func whatNoBrokerMaySendEndsTheConnectionAndNothingElse(_ bytes: [UInt8]) async throws {
        try await withProxy { proxy, connection, queue in
            // Channel 1 asks questions, 2 publishes, 3 consumes.
            try await connection.publish(Message(body: [1]), routingKey: queue)
            let consumer = try await connection.consume(queue, prefetch: 10)
            _ = try await consumer.take(1)
            proxy.inject(bytes + ForgedFrame.header(channel: 2, bodySize: 0))
            while await connection.statistics.connectCount < 2 { await Task.yield() }
            let again = try await consumer.take(1)
            #expect(again.map(\.body) == [[1]])
            try await connection.publish(Message(body: [2]), routingKey: queue)
        }
    }
}
