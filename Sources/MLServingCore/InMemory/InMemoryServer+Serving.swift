internal import EventLoop
public import Logging

extension InMemoryServer {
    /// Runs a predictor and a client of it inside the process for the length of `body`: both ends in one line, for tests and trials.
    ///
    /// ```swift
    /// try await InMemoryServer.with(Shout()) { client in
    ///     try await #expect(client.predict("hello") == "HELLO")
    /// }
    /// ```
    ///
    /// The client is handed out when the consumer is ready. After `body` the client is shut down, and the consumer drains.
    ///
    /// - Parameters:
    ///   - predictor: What predicts.
    ///   - consumer: How to consume; signals are left to the process.
    ///   - producer: How to ask; the route is that of the consumer's queue.
    ///   - logger: Where both log.
    ///   - body: Asks.
    /// - Returns: What `body` returns.
    /// - Throws: What `body` throws, or what the consumer ends with before or after it, such as a warm-up input that cannot be predicted.
    public static func with<Model: Predictor, Outcome: Sendable>(
        _ predictor: Model,
        consumer: ConsumerConfiguration = ConsumerConfiguration(),
        producer: ProducerConfiguration = ProducerConfiguration(),
        logger: Logger = Logger(label: "mlserving.memory"),
        body: @escaping @Sendable (ProducerClient<Model.Input, Model.Output>) async throws -> Outcome
    ) async throws -> Outcome where Model.Input: Encodable, Model.Output: Decodable {
        let server = InMemoryServer()
        var (consumer, producer) = (consumer, producer)
        consumer.gracefulShutdownSignals = []
        producer.route = Route(routingKey: consumer.queue.name)
        let runner = ConsumerRunner(predictor, transport: server.transport(), configuration: consumer, logger: logger)
        let client = ProducerClient<Model.Input, Model.Output>(transport: server.transport(), configuration: producer, logger: logger)
        let end = Mailbox<Never>()
        return try await withThrowingTaskGroup(of: Outcome?.self) { group in
            group.addTask {
                try await runner.run(drainingAtEndOf: end)
                return nil
            }
            group.addTask {
                try await runner.ready()
                do {
                    let outcome = try await body(client)
                    await client.shutdown()
                    return outcome
                } catch {
                    await client.shutdown()
                    throw error
                }
            }
            guard let first = try await group.next(), let outcome = first else {
                throw TransportError(code: .closed, message: "the consumer has ended while it was needed")
            }
            end.finish()
            while try await group.next() != nil {}
            return outcome
        }
    }
}
