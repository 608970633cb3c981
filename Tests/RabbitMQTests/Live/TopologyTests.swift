import RabbitMQ
import Testing

@Suite("Topology", .enabled(if: TestBroker.isAvailable), .timeLimit(.minutes(5)))
struct TopologyTests {
    @Test(arguments: [
        QueueDeclaration(
            name: "classic", kind: .classic, arguments: ["x-max-priority": 5, "x-message-ttl": .int32(60_000), "x-queue-mode": "lazy"]),
        QueueDeclaration(
            name: "quorum", kind: .quorum,
            arguments: [
                "x-delivery-limit": 3, "x-dead-letter-exchange": "", "x-dead-letter-routing-key": "dead", "x-overflow": "reject-publish",
            ]),
        QueueDeclaration(name: "transient", isDurable: false, isAutoDeleted: true, arguments: ["x-single-active-consumer": true]),
    ])
    func declaredQueueIsAsDeclared(_ template: QueueDeclaration) async throws {
        let queue = QueueDeclaration(
            name: TestBroker.makeName(template.name), kind: template.kind, isDurable: template.isDurable,
            isAutoDeleted: template.isAutoDeleted, arguments: template.arguments)
        try await TestBroker.withQueue(queue) { connection, name in
            #expect(try await connection.declareQueue(queue) == QueueStatus(name: name, messageCount: 0, consumerCount: 0))
            var arguments = queue.arguments
            arguments["x-max-length"] = 17
            let different = QueueDeclaration(
                name: name, kind: queue.kind, isDurable: queue.isDurable, isAutoDeleted: queue.isAutoDeleted, arguments: arguments)
            let error = await #expect(throws: RabbitMQError.self) { try await connection.declareQueue(different) }
            #expect(error?.code == .preconditionFailed)
            #expect(error?.replyCode == 406)
            #expect(error?.message.contains("x-max-length") == true)
            try await connection.publish(Message(body: []), routingKey: name)
            #expect(await connection.statistics.connectCount == 1)
        }
    }

    @Test func queueThatIsNotAsDeclaredIsUsedAsItIsIfAskedFor() async throws {
        let existing = QueueDeclaration(name: TestBroker.makeName(), arguments: ["x-max-length": 5])
        try await TestBroker.withQueue(existing) { _, name in
            let other = QueueDeclaration(name: name, arguments: ["x-max-length": 7])
            try await TestBroker.withConnection { connection in
                let error = await #expect(throws: RabbitMQError.self) { try await connection.declareQueue(other) }
                #expect(error?.code == .preconditionFailed)
                #expect(try await connection.declareQueue(other, conflict: .useExisting(isLogged: false)).name == name)
                try await connection.publish(Message(body: [1]), routingKey: name)
                let consumer = try await connection.consume(name, prefetch: 1)
                #expect(try await consumer.take(1).map(\.body) == [[1]])
            }
        }
    }

    @Test func exchangeThatIsNotAsDeclaredIsUsedAsItIsIfAskedFor() async throws {
        try await TestBroker.withQueue { connection, queue in
            let exchange = ExchangeDeclaration(name: TestBroker.makeName("exchange"), type: "fanout", isDurable: false)
            try await connection.declareExchange(exchange)
            try await TestBroker.withConnection { other in
                var different = exchange
                different.type = "direct"
                let error = await #expect(throws: RabbitMQError.self) { try await other.declareExchange(different) }
                #expect(error?.code == .preconditionFailed)
                try await other.declareExchange(different, conflict: .useExisting(isLogged: false))
                try await other.checkExchange(named: exchange.name)
                let absent = await #expect(throws: RabbitMQError.self) { try await other.checkExchange(named: exchange.name + "-not") }
                #expect(absent?.code == .notFound)
            }
            try await connection.deleteExchange(named: exchange.name)
        }
    }

    @Test func brokerNamesAQueueWithoutName() async throws {
        try await TestBroker.withConnection { connection in
            let status = try await connection.declareQueue(QueueDeclaration(name: "", isDurable: false, isExclusive: true))
            #expect(status.name.hasPrefix("amq.gen-"))
        }
    }

    @Test func missingQueueIsAnError() async throws {
        try await TestBroker.withConnection { connection in
            let name = TestBroker.makeName()
            let error = await #expect(throws: RabbitMQError.self) { try await connection.queueStatus(of: name) }
            #expect(error?.code == .notFound)
            #expect(error?.message.contains(name) == true)
            let messageCount = try await connection.deleteQueue(named: name)
            #expect(messageCount == 0)
        }
    }

    @Test func questionsOfManyTasksGetTheirOwnAnswers() async throws {
        try await TestBroker.withConnection { connection in
            try await withThrowingTaskGroup(of: Void.self) { group in
                for index in 0..<50 {
                    group.addTask {
                        let name = TestBroker.makeName()
                        if index % 2 == 0 {
                            let status = try await connection.declareQueue(
                                QueueDeclaration(name: name, isDurable: false, isExclusive: true))
                            #expect(status.name == name)
                        } else {
                            let error = await #expect(throws: RabbitMQError.self) { try await connection.queueStatus(of: name) }
                            #expect(error?.message.contains(name) == true)
                        }
                    }
                }
                try await group.waitForAll()
            }
        }
    }

    @Test func exclusiveQueueIsLockedForOthers() async throws {
        let queue = QueueDeclaration(name: TestBroker.makeName(), isDurable: false, isExclusive: true)
        try await TestBroker.withQueue(queue) { _, name in
            try await TestBroker.withConnection { other in
                let error = await #expect(throws: RabbitMQError.self) { try await other.queueStatus(of: name) }
                #expect(error?.code == .resourceLocked)
            }
        }
    }

    @Test func queueInUseIsNotDeletedIfUnusedIsAskedFor() async throws {
        try await TestBroker.withQueue { connection, queue in
            _ = try await connection.consume(queue, prefetch: 1)
            let error = await #expect(throws: RabbitMQError.self) { try await connection.deleteQueue(named: queue, ifUnused: true) }
            #expect(error?.code == .preconditionFailed)
        }
    }
}
