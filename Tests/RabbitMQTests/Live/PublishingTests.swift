import EventLoop
import RabbitMQ
import Testing

@Suite("Publishing", .enabled(if: TestBroker.isAvailable), .timeLimit(.minutes(5)))
struct PublishingTests {
    @Test func confirmedMessageWaitsInItsQueue() async throws {
        try await TestBroker.withQueue { connection, queue in
            try await connection.publish(Message(body: [1, 2, 3]), routingKey: queue)
            #expect(try await connection.queueStatus(of: queue) == QueueStatus(name: queue, messageCount: 1, consumerCount: 0))
            #expect(await connection.statistics.confirmCount == 1)
        }
    }

    @Test func unroutableMessageIsAnError() async throws {
        try await TestBroker.withConnection { connection in
            let error = await #expect(throws: RabbitMQError.self) {
                try await connection.publish(Message(body: []), routingKey: TestBroker.makeName())
            }
            #expect(error?.code == .unroutable)
            #expect(error?.replyCode == 312)
            #expect(error?.isOutcomeUnknown == false)
        }
    }

    @Test func returnBelongsToItsOwnPublish() async throws {
        try await TestBroker.withQueue { connection, queue in
            let missing = TestBroker.makeName()
            let outcomes = await withTaskGroup(of: (Int, RabbitMQError.Code?).self) { group in
                for index in 0..<200 {
                    group.addTask {
                        do throws(RabbitMQError) {
                            try await connection.publish(Message(body: []), routingKey: index % 3 == 0 ? missing : queue)
                            return (index, nil)
                        } catch { return (index, error.code) }
                    }
                }
                return await group.reduce(into: [Int: RabbitMQError.Code?]()) { $0[$1.0] = $1.1 }
            }
            for (index, code) in outcomes { #expect(code == (index % 3 == 0 ? .unroutable : nil)) }
            #expect(outcomes.count == 200)
        }
    }

    @Test func fullQueueRefuses() async throws {
        let name = TestBroker.makeName()
        let queue = QueueDeclaration(name: name, arguments: ["x-max-length": 1, "x-overflow": "reject-publish"])
        try await TestBroker.withQueue(queue) { connection, queue in
            try await connection.publish(Message(body: []), routingKey: queue)
            let error = await #expect(throws: RabbitMQError.self) {
                for _ in 0..<10 { try await connection.publish(Message(body: []), routingKey: queue) }
            }
            #expect(error?.code == .refused)
        }
    }

    @Test func missingExchangeFailsItsPublishAndNoOther() async throws {
        try await TestBroker.withQueue { connection, queue in
            let error = await #expect(throws: RabbitMQError.self) {
                try await connection.publish(Message(body: []), exchange: "no-such-exchange", routingKey: queue)
            }
            #expect(error?.code == .notFound)
            #expect(error?.message.contains("no-such-exchange") == true)
            try await connection.publish(Message(body: []), routingKey: queue)
            #expect(await connection.statistics.connectCount == 1)
        }
    }

    @Test func expirationThatIsNoNumberFailsAndTheNextPublishWorks() async throws {
        try await TestBroker.withQueue { connection, queue in
            let error = await #expect(throws: RabbitMQError.self) {
                try await connection.publish(Message(body: [], properties: .init(expiration: "soon")), routingKey: queue)
            }
            #expect(error?.code == .preconditionFailed)
            try await connection.publish(Message(body: []), routingKey: queue)
        }
    }

    @Test func exchangeRoutesToBoundQueues() async throws {
        let exchange = TestBroker.makeName()
        try await TestBroker.withQueue { connection, queue in
            try await connection.declareExchange(ExchangeDeclaration(name: exchange, type: "fanout", isDurable: false))
            try await connection.bindQueue(QueueBinding(queue: queue, exchange: exchange))
            try await connection.publish(Message(body: [7]), exchange: exchange, routingKey: "any")
            #expect(try await connection.purgeQueue(named: queue) == 1)
            try await connection.deleteExchange(named: exchange)
        }
    }

    @Test func completionIsCalledOnTheLoop() async throws {
        try await TestBroker.withQueue { connection, queue in
            let result = await withCheckedContinuation { continuation in
                Task {
                    await connection.publish(Message(body: []), routingKey: queue) {
                        continuation.resume(returning: ($0, connection.loop.isCurrent))
                    }
                }
            }
            #expect(result.1)
            _ = try result.0.get()
        }
    }

    @Test func textLongerThanAMQPAllowsIsRefusedBeforeItIsSent() async throws {
        try await TestBroker.withQueue { connection, queue in
            let error = await #expect(throws: RabbitMQError.self) {
                try await connection.publish(
                    Message(body: [], properties: .init(correlationID: String(repeating: "x", count: 256))), routingKey: queue)
            }
            #expect(error?.code == .invalidArgument)
            let headers = FieldTable(["x": .bytes([UInt8](repeating: 0, count: 200_000))])
            let tooLarge = await #expect(throws: RabbitMQError.self) {
                try await connection.publish(Message(body: [], properties: .init(headers: headers)), routingKey: queue)
            }
            #expect(tooLarge?.code == .tooLarge)
            #expect(await connection.statistics.publishCount == 0)
        }
    }
}
