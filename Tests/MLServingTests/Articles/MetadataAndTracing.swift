import Logging
import MLServing
import Testing

// The code of the article of this file's name, in its order. `ArticleTests` compares the two.

private func ask(_ client: ProducerClient<String, [String]>) async throws -> [String] {
    // begin
    let options = RequestOptions(timeout: .seconds(5), parameters: ["count": 2], metadata: ["tenant": "blue"])
    let words = try await client.predict("one two three", options: options)
    // end
    return words
}

// begin
struct FirstWords: Predictor {
    func predict(_ text: String) async throws -> [String] {
        let context = PredictionContext.current
        let request = context?.requests.first
        context?.logger.info("splitting", metadata: ["tenant": "\(request?.metadata["tenant"] ?? "none")"])
        return text.split(separator: " ").prefix(Int(request?.parameters["count"]?.integer ?? 1)).map(String.init)
    }
}
// end

@Suite("Article MetadataAndTracing")
struct MetadataAndTracing {
    @Test func parametersReachThePredictor() async throws {
        let words = try await InMemoryServer.with(FirstWords()) { client in try await ask(client) }
        #expect(words == ["one", "two"])
    }
}
