import MLServing
import MLServingTesting
import Testing

/// A request whose reply address makes RabbitMQ close the connection of whoever answers it.
@Suite("Poisonous reply addresses (live)", .enabled(if: LiveServers.areThere && LiveServers.rabbitCall != nil), .timeLimit(.minutes(5)))
struct PoisonousReplyTests {
    private struct Shout: Predictor {
        func predict(_ text: String) async throws -> String { text.uppercased() }
    }

    @Test func costOnlyTheirOwnRequests() async throws {
        try await ask(poisonousAddress: "amq.rabbitmq.reply-to.g1h2AA.xx")
    }

    /// The connection ends without a word, whenever a reply to one of the requests is sent.
    @Test func costOnlyTheirOwnRequestsIfNobodySaysWhyTheConnectionEnds() async throws {
        let proxy = try FaultProxy(toPort: #require(LiveServers.settings.rabbitNodes.first).port)
        defer { proxy.close() }
        proxy.cut(before: Array("POISON".utf8))
        try await ask(poisonousAddress: "amq.gen-nobody", consumingFrom: ServerNode(host: "127.0.0.1", port: proxy.port))
    }

    private func ask(poisonousAddress: String, consumingFrom node: ServerNode? = nil) async throws {
        let queue = QueueDefinition(name: "mlserving-test-\(UInt32.random(in: .min ... .max))", kind: .classic)
        var settings = LiveServers.settings
        settings.consumer = ConsumerConfiguration(queue: queue, prefetch: 50, gracefulShutdownSignals: [])
        settings.producer.route = Route(routingKey: queue.name)
        settings.producer.resultMode = .queue
        let producing = settings
        if let node { settings.rabbitNodes = [node] }
        let consuming = settings
        try await withThrowingTaskGroup(of: Void.self) { group in
            let transport = ServerTransport(settings: producing, name: "test", logger: LiveServers.quietLogger)
            group.addTask { try await ConsumerRunner(Shout(), settings: consuming, logger: LiveServers.quietLogger).run() }
            group.addTask { try await transport.run() }
            defer { group.cancelAll() }
            while (try? await transport.broker.status(of: queue.name))?.consumers != 1 { try Task.checkCancellation() }
            for number in 0..<3 {
                let poison = Message(
                    body: Array("\"poison\"".utf8), contentType: "application/json", messageID: "poison-\(number)",
                    replyTo: poisonousAddress)
                try await transport.broker.publish(poison, to: Route(routingKey: queue.name))
            }
            let client = ProducerClient<String, String>(settings: producing, logger: LiveServers.quietLogger)
            let answers = try await withThrowingTaskGroup(of: String.self) { callers in
                for number in 0..<20 { callers.addTask { try await client.predict("text \(number)", timeout: .seconds(60)) } }
                return try await callers.reduce(into: Set()) { $0.insert($1) }
            }
            #expect(answers == Set((0..<20).map { "TEXT \($0)" }))
            if node != nil {
                while try await transport.broker.status(of: queue.name + ".dead-letters").depth < 3 { try Task.checkCancellation() }
            }
            // Settled: it does not come again to end the connection of the next consumer.
            #expect(try await transport.broker.status(of: queue.name).depth == 0)
            await client.shutdown()
        }
        for suffix in ["", ".suspects", ".dead-letters"] { try await BrokerCall.deleteQueue(queue.name + suffix) }
    }
}
