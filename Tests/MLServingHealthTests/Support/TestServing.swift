import Logging
import MLServing
import MLServingHealth
import PrometheusMetrics

/// A consumer on an in-memory server, and what a test asks of it.
struct TestServing {
    static var quiet: Logger {
        var logger = Logger(label: "test")
        logger.logLevel = .critical
        return logger
    }

    let server = InMemoryServer()
    let queue = QueueDefinition(name: "queue.\(UInt64.random(in: 0 ... .max))")

    func runner(_ predictor: some Predictor, configure: (inout ConsumerConfiguration) -> Void = { _ in }) -> ConsumerRunner {
        var configuration = ConsumerConfiguration(queue: queue, gracefulShutdownSignals: [])
        configuration.statusInterval = .milliseconds(1)
        configure(&configuration)
        return ConsumerRunner(predictor, transport: server.transport(), configuration: configuration, logger: Self.quiet)
    }

    func client() -> ProducerClient<Int, Int> {
        let configuration = ProducerConfiguration(route: Route(routingKey: queue.name))
        return ProducerClient(transport: server.transport(), configuration: configuration, logger: Self.quiet)
    }
}

/// Answers numbers with themselves, and refuses negative ones.
struct NumberPredictor: Predictor {
    var warmUpInputs: [Int] = []
    var gate: Gate?

    func predict(_ number: Int) async throws -> Int {
        try await gate?.wait()
        if number < 0 { throw ServingError(code: .invalidInput, message: "negative") }
        return number
    }
}

/// Runs `body` beside something that ends with it.
func beside<Outcome: Sendable>(
    _ companion: @escaping @Sendable () async throws -> Void,
    body: @Sendable () async throws -> Outcome
) async throws -> Outcome {
    try await withThrowingTaskGroup(of: Void.self) { group in
        group.addTask { try await companion() }
        defer { group.cancelAll() }
        return try await body()
    }
}
