import MLServing
import ServiceLifecycle
import Testing

/// What a consumer promises whose other end is RabbitMQ and Redis.
@Suite("ConsumerRunner over RabbitMQ and Redis (live)", .enabled(if: LiveServers.areThere), .timeLimit(.minutes(3)))
struct ConsumerLiveTests {
    private struct Echo: BatchPredictor {
        /// Nothing is begun on before so many requests have come, or for so long.
        var batchLimits = BatchLimits()

        func predict(batch inputs: [Int]) async throws -> [Int] { inputs }
    }

    private static let hesitant = Echo(batchLimits: BatchLimits(maximumCount: 1_000, maximumDelay: .seconds(600)))

    private func transport(_ settings: ServingSettings = LiveServers.settings) -> ServerTransport {
        ServerTransport(settings: settings, name: "test", logger: LiveServers.quietLogger)
    }

    private func runner(_ queue: QueueDefinition, _ predictor: Echo, settings: ServingSettings = LiveServers.settings) -> ConsumerRunner {
        let configuration = ConsumerConfiguration(queue: queue, prefetch: 64, gracefulShutdownSignals: [])
        return ConsumerRunner(predictor, transport: transport(settings), configuration: configuration, logger: LiveServers.quietLogger)
    }

    private func client(_ queue: QueueDefinition, _ mode: ProducerConfiguration.ResultMode) -> ProducerClient<Int, Int> {
        ProducerClient(
            transport: transport(), configuration: ProducerConfiguration(route: Route(routingKey: queue.name), resultMode: mode),
            logger: LiveServers.quietLogger)
    }

    private static func makeQueue(_ kind: QueueDefinition.Kind) -> QueueDefinition {
        QueueDefinition(name: "live.\(UInt64.random(in: 0 ... .max))", kind: kind)
    }

    /// Runs a service until `body` returns, and shuts it down in order.
    private func draining(_ service: any Service, _ body: () async throws -> Void) async throws {
        let group = ServiceGroup(services: [service], gracefulShutdownSignals: [], cancellationSignals: [], logger: LiveServers.quietLogger)
        let run = Task { try await group.run() }
        do {
            try await body()
        } catch {
            run.cancel()
            throw error
        }
        await group.triggerGracefulShutdown()
        try await run.value
    }

    @Test(arguments: ProducerConfiguration.ResultMode.allCases, QueueDefinition.Kind.allCases)
    func whatDrainsGiveBackIsAnsweredAndNoSuspect(mode: ProducerConfiguration.ResultMode, kind: QueueDefinition.Kind) async throws {
        let queue = Self.makeQueue(kind)
        let client = client(queue, mode)
        let answers = Task {
            try await withThrowingTaskGroup(of: Void.self) { group in
                for number in 0..<20 {
                    group.addTask {
                        let answer = try await client.predict(number, timeout: .seconds(120))
                        #expect(answer == number)
                    }
                }
                try await group.waitForAll()
            }
        }
        for _ in 0..<5 {
            let runner = runner(queue, Self.hesitant)
            try await draining(runner) {
                while runner.health.report().heldRequests < 20 { try await Task.sleep(for: .milliseconds(5)) }
            }
        }
        let observer = transport()
        let connection = Task { try await observer.run() }
        try await draining(runner(queue, Echo())) {
            try await answers.value
            #expect(try await observer.broker.status(of: queue.name + ".suspects").depth == 0)
        }
        connection.cancel()
        await client.shutdown()
    }

    @Test(arguments: ProducerConfiguration.ResultMode.allCases)
    func firstCallWaitsForTheQueue(mode: ProducerConfiguration.ResultMode) async throws {
        let queue = Self.makeQueue(.classic)
        let client = client(queue, mode)
        let answer = Task { try await client.predict(7, timeout: .seconds(60)) }
        let runner = runner(queue, Echo())
        try await draining(runner) {
            let number = try await answer.value
            #expect(number == 7)
        }
        await client.shutdown()
    }

    @Test func idleConsumerBecomesReady() async throws {
        let runner = runner(Self.makeQueue(.classic), Echo())
        try await draining(runner) { try await runner.ready() }
    }

    /// One connection that cannot be made must not leave the others waiting for it.
    @Test func credentialsThatTheStoreRefusesEndTheConsumer() async throws {
        var settings = LiveServers.settings
        settings.redisUser = "nobody"
        settings.redisPassword = Secret("wrong")
        let runner = runner(Self.makeQueue(.classic), Echo(), settings: settings)
        let error = await #expect(throws: TransportError.self) { try await runner.run() }
        #expect(error?.code == .refused)
        await #expect(throws: TransportError.self) { try await runner.ready() }
    }
}
