import Testing

@testable import MLServingCore

/// Both ends in one line.
@Suite("InMemoryServer: serving", .timeLimit(.minutes(5)))
struct InMemoryServingTests {
    private struct Shout: Predictor {
        func predict(_ text: String) async throws -> String { text.uppercased() + "!" }
    }

    private struct Broken: Predictor {
        let warmUpInputs = ["x"]
        func predict(_ text: String) async throws -> String { throw ServingError(code: .predictionFailed, message: "no model") }
    }

    @Test func firstCallAlwaysFindsTheConsumer() async throws {
        for _ in 0..<300 {
            let answer = try await InMemoryServer.with(Shout(), logger: Serving.quiet) {
                try await $0.predict("hello", timeout: .seconds(30))
            }
            #expect(answer == "HELLO!")
        }
    }

    @Test func callThatBeatsTheConsumerWaitsForIt() async throws {
        for _ in 0..<100 {
            let server = InMemoryServer()
            var configuration = ConsumerConfiguration()
            configuration.gracefulShutdownSignals = []
            let runner = ConsumerRunner(Shout(), transport: server.transport(), configuration: configuration, logger: Serving.quiet)
            let client = ProducerClient<String, String>(transport: server.transport(), logger: Serving.quiet)
            let answer = Task { try await client.predict("hello", timeout: .seconds(30)) }
            try await running(runner) {
                let text = try await answer.value
                #expect(text == "HELLO!")
            }
            await client.shutdown()
        }
    }

    @Test func errorOfTheBodySurfaces() async throws {
        struct Wrong: Error {}
        await #expect(throws: Wrong.self) {
            try await InMemoryServer.with(Shout(), logger: Serving.quiet) { _ in throw Wrong() }
        }
    }

    @Test func errorOfTheConsumerSurfaces() async throws {
        let error = await #expect(throws: ServingError.self) {
            try await InMemoryServer.with(Broken(), logger: Serving.quiet) { _ in Issue.record("it is not ready") }
        }
        #expect(error?.code == .predictionFailed)
    }

    @Test func configurationsCount() async throws {
        var (consumer, producer) = (ConsumerConfiguration(queue: QueueDefinition(name: "other")), ProducerConfiguration(resultMode: .queue))
        consumer.usesStore = false
        producer.timeout = .seconds(30)
        let answer = try await InMemoryServer.with(Shout(), consumer: consumer, producer: producer, logger: Serving.quiet) {
            try await $0.predict("hello")
        }
        #expect(answer == "HELLO!")
    }
}
