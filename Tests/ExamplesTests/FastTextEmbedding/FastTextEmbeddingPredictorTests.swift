import FastTextEmbedding
import Foundation
import MLServing
import Testing
import TextModels

@Suite(.timeLimit(.minutes(5))) struct FastTextEmbeddingPredictorTests {
    @Test func eachTextHasTheEmbeddingOfTheModel() async throws {
        let predictor = try TopicModel.predictor()
        let embedder = ShortTextEmbedder(model: try TopicModel.model())
        let outputs = try await predictor.predict(batch: [.one("door house"), .list(["bull", "qzxvkjwq", ""]), .list([])])
        let expected: [Embeddings] = [
            .one(embedder.embedding(of: "door house")), .list(embedder.embeddings(of: ["bull", "qzxvkjwq", ""])), .list([]),
        ]
        #expect(outputs == expected)
        #expect(predictor.dimension == 96)
    }

    @Test func oneTextAndWholeListsAreAnsweredInTheirShape() async throws {
        let predictor = try TopicModel.predictor()
        let server = InMemoryServer()
        let transport = server.transport()
        let configuration = ConsumerConfiguration(gracefulShutdownSignals: [])
        try await transport.broker.declare(configuration.queue)
        try await withThrowingTaskGroup { group in
            group.addTask {
                try await ConsumerRunner(predictor, transport: transport, configuration: configuration, logger: Service.logger).run()
            }
            let single = ProducerClient<String, [Float]>(transport: server.transport(), logger: Service.logger)
            let whole = ProducerClient<[String], [[Float]]>(transport: server.transport(), logger: Service.logger)
            let typed = ProducerClient<Texts, Embeddings>(transport: server.transport(), logger: Service.logger)
            let door = try await single.predict("door")
            let bull = try await single.predict("bull")
            #expect(door.count == predictor.dimension)
            #expect(door != bull)
            #expect(try await whole.predict(["door", "bull"]) == [door, bull])
            #expect(try await single.predict(batch: ["bull", "door"]).map { try $0.get() } == [bull, door])
            #expect(try await typed.predict(.one("door")) == .one(door))
            #expect(try await typed.predict(.list(["bull"])) == .list([bull]))
            group.cancelAll()
        }
    }

    @Test func missingModelPathIsAnErrorOfTheConfiguration() async throws {
        let error = try #require(throws: ConfigurationError.self) {
            try FastTextEmbeddingPredictor(from: SettingsReader(values: ["MODEL_PATH": ""]), logger: Service.logger)
        }
        #expect(error.key == "MODEL_PATH")
    }

    @Test func fileThatIsNoModelIsRefused() throws {
        let file = FileManager.default.temporaryDirectory.appending(path: "mlserving-examples-\(UUID().uuidString)")
        try Data("no model".utf8).write(to: file)
        defer { try? FileManager.default.removeItem(at: file) }
        let path = file.path(percentEncoded: false)
        let foreign = try #require(throws: FastTextError.self) {
            try FastTextEmbeddingPredictor(from: SettingsReader(values: ["MODEL_PATH": path]), logger: Service.logger)
        }
        #expect(foreign.path == path)
        let missing = try #require(throws: FastTextError.self) { try FastTextEmbeddingPredictor(modelPath: path + "-missing") }
        #expect(missing.code == .unreadable)
    }

    @Test func modelOfTheSettingsIsOpened() throws {
        let reader = SettingsReader(values: ["MODEL_PATH": try TopicModel.modelPath()])
        #expect(try FastTextEmbeddingPredictor(from: reader, logger: Service.logger).dimension == 96)
    }
}
