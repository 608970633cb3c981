import MLServing
import ServiceLifecycle
import Testing

/// Several models and clients of them, over one set of connections each.
@Suite("ModelHost over RabbitMQ and Redis (live)", .enabled(if: LiveServers.areThere), .timeLimit(.minutes(3)))
struct ModelHostLiveTests {
    private struct Scale: Predictor {
        let factor: Int
        func predict(_ number: Int) async throws -> Int { number * factor }
    }

    /// Tells that it has begun, and never ends by itself.
    private struct Stuck: Predictor {
        let began: AsyncStream<Void>.Continuation

        func predict(_ number: Int) async throws -> Int {
            began.yield()
            try await Task.sleep(for: .seconds(86_400))
            return number
        }
    }

    /// Of each test by itself.
    private let one: ModelAddress
    private let two: ModelAddress

    init() throws {
        one = try #require(ModelAddress("host-test-\(UInt64.random(in: 0 ... .max))"))
        two = try #require(ModelAddress(one.name, version: "2"))
    }

    private func transport() -> ServerTransport {
        ServerTransport(settings: LiveServers.settings, name: "host-test", logger: LiveServers.quietLogger)
    }

    private func withHostAndClient(
        _ mode: ProducerConfiguration.ResultMode, kind: QueueDefinition.Kind,
        _ body: @Sendable (ModelHost, ModelClient, ServerTransport) async throws -> Void
    ) async throws {
        let transport = transport()
        let configuration = ConsumerConfiguration(
            queue: QueueDefinition(name: "host", kind: kind), gracePeriod: .seconds(1), gracefulShutdownSignals: [])
        let host = ModelHost(transport: transport, configuration: configuration, logger: LiveServers.quietLogger)
        let client = ModelClient(
            transport: self.transport(), configuration: ProducerConfiguration(resultMode: mode), logger: LiveServers.quietLogger)
        let group = ServiceGroup(services: [host], gracefulShutdownSignals: [], cancellationSignals: [], logger: LiveServers.quietLogger)
        let run = Task { try await group.run() }
        do {
            try await body(host, client, transport)
        } catch {
            run.cancel()
            throw error
        }
        await client.shutdown()
        await group.triggerGracefulShutdown()
        try await run.value
        for queue in [one.queue, two.queue].flatMap({ [$0, $0 + ".suspects", $0 + ".dead-letters"] }) {
            try await BrokerCall.deleteQueue(queue)
        }
    }

    @Test(arguments: ProducerConfiguration.ResultMode.allCases, QueueDefinition.Kind.allCases)
    func versionsOfAModelAreServedOverOneSetOfConnections(mode: ProducerConfiguration.ResultMode, kind: QueueDefinition.Kind) async throws {
        try await withHostAndClient(mode, kind: kind) { host, client, transport in
            try host.serve(Scale(factor: 1), as: one)
            try host.serve(Scale(factor: 2), as: two)
            try await host.ready()
            try await withThrowingTaskGroup(of: Void.self) { group in
                for number in 0..<100 {
                    group.addTask {
                        let answer: Int = try await client.predict(number, model: one)
                        #expect(answer == number)
                    }
                    group.addTask {
                        let answer: Int = try await client.predict(number, model: two)
                        #expect(answer == 2 * number)
                    }
                }
                try await group.waitForAll()
            }
            let names = await transport.connections.map(\.name)
            #expect(Set(names) == ["rabbitmq-publishing", "rabbitmq-consuming", "redis"])
            #expect(names.count == 3)
        }
    }

    /// The connection that its deliveries came by goes on, so nothing but its own end gives them back.
    @Test(arguments: QueueDefinition.Kind.allCases)
    func requestsOfAModelThatDoesNotDrainInTimeGoBack(kind: QueueDefinition.Kind) async throws {
        try await withHostAndClient(.store, kind: kind) { host, client, _ in
            let (beginnings, began) = AsyncStream<Void>.makeStream()
            try host.serve(Stuck(began: began), as: one)
            try host.serve(Scale(factor: 2), as: two)
            try await host.ready()
            async let answer: Int = client.predict(7, model: one, options: RequestOptions(timeout: .seconds(60)))
            var iterator = beginnings.makeAsyncIterator()
            await iterator.next()
            #expect(await host.unload(one))
            #expect(try await client.predict(1, model: two) == 2)
            try await host.serve(Scale(factor: 3), as: one).ready()
            #expect(try await answer == 21)
        }
    }
}
