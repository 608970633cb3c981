import EventLoop
import RabbitMQ
import Testing

@Suite("Connection", .enabled(if: TestBroker.isAvailable), .timeLimit(.minutes(5)))
struct ConnectionTests {
    @Test func wrongPasswordEndsTheRun() async throws {
        var configuration = TestBroker.configuration
        configuration.credentials = .plain(user: "guest", password: "s3cret")
        let connection = RabbitMQConnection(configuration: configuration, loop: EventLoop(name: "test"), logger: TestBroker.logger)
        let error = await #expect(throws: RabbitMQError.self) { try await connection.run() }
        #expect(error?.code == .authenticationFailed)
        #expect(error?.replyCode == 403)
        #expect(error?.description.contains("s3cret") == false)
        let later = await #expect(throws: RabbitMQError.self) { try await connection.publish(Message(body: []), routingKey: "q") }
        #expect(later?.code == .authenticationFailed)
    }

    @Test func missingVirtualHostEndsTheRun() async throws {
        var configuration = TestBroker.configuration
        configuration.virtualHost = "no-such-host"
        let connection = RabbitMQConnection(configuration: configuration, loop: EventLoop(name: "test"), logger: TestBroker.logger)
        let error = await #expect(throws: RabbitMQError.self) { try await connection.run() }
        #expect(error?.code == .authenticationFailed)
        #expect(error?.message.contains("no-such-host") == true)
    }

    @Test func unreachableNodesAreNamed() async throws {
        var configuration = TestBroker.configuration
        configuration.nodes = [RabbitMQNode(host: "127.0.0.1", port: 1), RabbitMQNode(host: "name.invalid", port: 2)]
        try await TestBroker.withConnection(configuration) { connection in
            let error = await #expect(throws: RabbitMQError.self) {
                try await connection.waitUntilConnected(deadline: .now + .milliseconds(500))
            }
            #expect(error?.code == .timedOut)
            #expect(error?.message.contains("127.0.0.1:1: cannot connect: connection refused") == true)
            #expect(error?.message.contains("name.invalid:2") == true)
        }
    }

    @Test func otherNodesAreTriedWhenOneIsDown() async throws {
        var configuration = TestBroker.configuration
        configuration.nodes.append(RabbitMQNode(host: "127.0.0.1", port: 1))
        for _ in 0..<5 {
            try await TestBroker.withConnection(configuration) { connection in
                try await connection.waitUntilConnected(deadline: .now + .seconds(20))
            }
        }
    }

    @Test func stoppingConfirmsWhatWasWritten() async throws {
        let queue = QueueDeclaration(name: TestBroker.makeName())
        let connection = RabbitMQConnection(
            configuration: TestBroker.configuration, loop: EventLoop(name: "test"), logger: TestBroker.logger)
        let run = Task { try await connection.run() }
        try await connection.declareQueue(queue)
        let publishes = (0..<100).map { _ in Task { try await connection.publish(Message(body: []), routingKey: queue.name) } }
        while await connection.statistics.publishCount < 100 { await Task.yield() }
        run.cancel()
        try await run.value
        for publish in publishes { _ = try await publish.value }
        let error = await #expect(throws: RabbitMQError.self) { try await connection.publish(Message(body: []), routingKey: queue.name) }
        #expect(error?.code == .closed)
        let messageCount = try await TestBroker.withConnection { try await $0.deleteQueue(named: queue.name) }
        #expect(messageCount == 100)
    }

    @Test func stoppingEndsConsumers() async throws {
        let queue = QueueDeclaration(name: TestBroker.makeName(), isDurable: false, isExclusive: true)
        let (consumer, waiting) = try await TestBroker.withConnection { connection in
            try await connection.declareQueue(queue)
            let consumer = try await connection.consume(queue.name, prefetch: 1)
            return (consumer, Task { try await consumer.next() })
        }
        #expect(try await waiting.value.isEmpty)
        #expect(try await consumer.next().isEmpty)
    }

    @Test func twoConnectionsShareALoop() async throws {
        let loop = EventLoop(name: "shared")
        let queue = QueueDeclaration(name: TestBroker.makeName())
        try await TestBroker.withConnection(loop: loop) { publishing in
            try await TestBroker.withConnection(loop: loop) { consuming in
                try await consuming.declareQueue(queue)
                let consumer = try await consuming.consume(queue.name, prefetch: 10)
                try await publishing.publish(Message(body: [1]), routingKey: queue.name)
                #expect(try await consumer.take(1).map(\.body) == [[1]])
                try await consuming.deleteQueue(named: queue.name)
            }
        }
    }

    @Test func secondRunIsRefused() async throws {
        try await TestBroker.withConnection { connection in
            try await connection.waitUntilConnected(deadline: .now + .seconds(20))
            let error = await #expect(throws: RabbitMQError.self) { try await connection.run() }
            #expect(error?.code == .invalidArgument)
        }
    }
}
