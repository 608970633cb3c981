import FastTextEmbedding
import Foundation
import MLServing
import Testing
import TextModels

/// What a consumer of embeddings does with inputs at the edge of what is sensible: it answers, or says what is wrong.
@Suite(.timeLimit(.minutes(5))) struct ExtremeInputTests {
    /// Runs a consumer and a client over the in-memory transport.
    private static func test<Input, Output>(
        _ body: (ProducerClient<Input, Output>) async throws -> Void
    ) async throws where Input: Codable & Sendable, Output: Codable & Sendable {
        let predictor = try TopicModel.predictor()
        let server = InMemoryServer()
        let transport = server.transport()
        let configuration = ConsumerConfiguration(gracefulShutdownSignals: [])
        try await transport.broker.declare(configuration.queue)
        let runner = ConsumerRunner(predictor, transport: transport, configuration: configuration, logger: Service.logger)
        let client = ProducerClient<Input, Output>(transport: server.transport(), logger: Service.logger)
        try await withThrowingTaskGroup { group in
            group.addTask { try await runner.run() }
            try await body(client)
            group.cancelAll()
        }
    }

    @Test func emptyTextIsZeros() async throws {
        try await Self.test { (client: ProducerClient<String, [Float]>) async throws in
            #expect(try await client.predict("") == [Float](repeating: 0, count: 96))
            #expect(try await client.predict(" \n\t.") == [Float](repeating: 0, count: 96))
        }
    }

    @Test func emptyListIsEmpty() async throws {
        try await Self.test { (client: ProducerClient<[String], [[Float]]>) async throws in
            #expect(try await client.predict([]) == [])
        }
    }

    @Test func textOfTenMegabytesIsAnswered() async throws {
        try await Self.test { (client: ProducerClient<String, [Float]>) async throws in
            let words = String(repeating: "door house ", count: 10_000_000 / 11)
            #expect(try await client.predict(words, timeout: .seconds(240)) == client.predict("door house"))
        }
    }

    @Test func wordOfTenMegabytesIsAnswered() async throws {
        try await Self.test { (client: ProducerClient<String, [Float]>) async throws in
            let vector = try await client.predict(String(repeating: "x", count: 10_000_000), timeout: .seconds(240))
            #expect(vector.count == 96)
            #expect(vector.allSatisfy { $0.isFinite })
        }
    }

    @Test func listOfAHundredThousandTextsIsAnswered() async throws {
        try await Self.test { (client: ProducerClient<[String], [[Float]]>) async throws in
            let words = Array(TopicModel.topics.joined())
            let texts = (0..<100_000).map { words[$0 % words.count] }
            let vectors = try await client.predict(texts, timeout: .seconds(240))
            try #require(vectors.count == texts.count)
            #expect(vectors.enumerated().allSatisfy { $1 == vectors[$0 % words.count] })
            #expect(Set(vectors.prefix(words.count)).count == words.count)
        }
    }

    @Test(arguments: [0, 3, 4, 8, 40, 100, 1_000])
    func modelThatIsCutOffIsRefused(length: Int) throws {
        try Self.refused(try Data(contentsOf: URL(filePath: TopicModel.modelPath())).prefix(length))
    }

    @Test func modelWithAHeaderOfAbsurdNumbersIsRefused() throws {
        var data = try Data(contentsOf: URL(filePath: TopicModel.modelPath()))
        // Behind the magic number and the version: the dimension.
        data.replaceSubrange(8..<12, with: [0xFF, 0xFF, 0xFF, 0x7F])
        try Self.refused(data)
    }

    private static func refused(_ model: Data) throws {
        let file = FileManager.default.temporaryDirectory.appending(path: "mlserving-examples-\(UUID().uuidString)")
        try model.write(to: file)
        defer { try? FileManager.default.removeItem(at: file) }
        let path = file.path(percentEncoded: false)
        let error = try #require(throws: FastTextError.self) { try FastTextEmbeddingPredictor(modelPath: path) }
        #expect(error.path == path)
        #expect(!"\(error)".isEmpty)
    }
}
