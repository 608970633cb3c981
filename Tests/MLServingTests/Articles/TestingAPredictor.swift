import MLServing
import Testing

// The code of the article of this file's name, in its order. `ArticleTests` compares the two.

private struct Shout: Predictor {
    func predict(_ text: String) async throws -> String { text.uppercased() }
}

@Suite("Article TestingAPredictor")
struct TestingAPredictor {
    // begin
    @Test func shouts() async throws {
        let answer = try await InMemoryServer.with(Shout()) { client in try await client.predict("hello") }
        #expect(answer == "HELLO")
    }
    // end

    // begin
    @Test func refusesNoText() async throws {
        let error = await #expect(throws: ServingError.self) {
            try await InMemoryServer.with(SentenceKind()) { client in try await client.predict("") }
        }
        #expect(error?.code == .invalidInput)
    }
    // end

    // begin
    @Test func countsCharacters() async throws {
        let server = InMemoryServer()
        let runner = ConsumerRunner(Lengths(), transport: server.transport())
        let client = ProducerClient<String, Int>(transport: server.transport())
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { try await runner.run() }
            try await runner.ready()
            try await #expect(client.predict("four") == 4)
            await client.shutdown()
            group.cancelAll()
        }
    }
    // end
}
