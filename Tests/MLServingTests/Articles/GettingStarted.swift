import MLServing

// The code of the article of this file's name, in its order. `ArticleTests` compares the two.

private func consumer() async throws {
    // begin
    struct Shout: Predictor {
        func predict(_ text: String) async throws -> String { text.uppercased() }
    }

    await ConsumerRunner(Shout()).runProgram()
    // end
}

private func producer() async throws {
    // begin
    let client = ProducerClient<String, String>()
    print(try await client.predict("hello", timeout: .seconds(5)))

    let ticket = try await client.submit("later")
    print(try await client.result(of: ticket))

    await client.shutdown()
    // end
}
