import Foundation
import Testing

/// Programs of the template, on pika and redis-py, against consumers of ours.
@Suite("Python clients of the template's protocols", .enabled(if: LiveServers.areThere), .timeLimit(.minutes(5)))
struct TemplateClientTests {
    enum Way: String, CaseIterable {
        /// Through Redis, by `X-Message-Id` and the event `expire`.
        case store
        /// As a reply.
        case sync
        /// Through Redis, fetched by the result queue.
        case async
    }

    private func ask(_ way: Way, _ model: String, _ queues: TestQueues) async throws {
        try await TestProgram.python("ask", [way.rawValue, model, queues.requests, queues.results], queues: queues).succeed()
        try await TestProgram.python("remove", [queues.requests, queues.results], queues: queues).succeed()
    }

    @Test(arguments: Way.allCases)
    func echoReturnsWhateverPythonPickles(way: Way) async throws {
        let queues = TestQueues()
        try await TestProgram.built("mlserving", ["consume", "echo"], queues: queues).serve {
            try await ask(way, "echo", queues)
        }
    }

    @Test(arguments: Way.allCases)
    func embeddingConsumerServesTexts(way: Way) async throws {
        let queues = TestQueues()
        let model = try EmbeddingModel()
        let variables = ["MODEL_PATH": model.path]
        try await TestProgram.built("fasttext-consumer", [], queues: queues, variables: variables).serve {
            try await ask(way, "embedding", queues)
        }
    }
}
