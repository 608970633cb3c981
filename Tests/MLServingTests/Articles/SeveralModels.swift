import MLServing
import Testing

// The code of the article of this file's name, in its order. `ArticleTests` compares the two.

private func host() async throws {
    // begin
    let host = ModelHost()
    try host.serve(Lengths(), as: "lengths")
    try host.serve(SentenceKind(), as: "kind:2", options: ServingOptions(prefetch: 50, concurrency: 2))
    try await host.runService()
    // end
}

private func ask() async throws {
    // begin
    let client = ModelClient()
    let length: Int = try await client.predict("hello", model: "lengths")
    let kind: String = try await client.predict("really?", model: "kind:2", options: RequestOptions(timeout: .seconds(5)))
    print(length, kind)
    await client.shutdown()
    // end
}

private func ask(_ client: ModelClient) async throws {
    // begin
    let kinds = ProducerClient<String, String>(client, model: "kind:2")
    print(try await kinds.predict("really?"))
    // end
}

@Suite("Article SeveralModels")
struct SeveralModels {
    // begin
    @Test func servesModelsThatComeAndGo() async throws {
        let server = InMemoryServer()
        let host = ModelHost(transport: server.transport())
        let client = ModelClient(transport: server.transport())
        try host.serve(Lengths(), as: "lengths")
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { try await host.run() }
            try await host.serve(SentenceKind(), as: "kind:2").ready()
            try await #expect(client.predict("really?", model: "kind:2") == "question")

            #expect(await host.unload("kind:2"))
            try await #expect(client.predict("hello", model: "lengths") == 5)
            await client.shutdown()
            group.cancelAll()
        }
    }
    // end
}
