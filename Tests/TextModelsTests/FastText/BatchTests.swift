import Testing
import TextModels

@Suite struct BatchTests {
    private static let texts = ["an entity", "", "the end of something", "unheardof zzyzx"]

    @Test func batchesOfVectorsEqualSingleOnes() throws {
        let model = try FastTextModel(path: try TrainedModels.skipGram())
        #expect(model.vectors(of: Self.texts) == Self.texts.map { model.vector(of: $0) })
        #expect(model.sentenceVectors(of: Self.texts) == Self.texts.map { model.sentenceVector(of: $0) })
        #expect(model.vectors(of: []) == [])
    }

    @Test func batchesOfPredictionsEqualSingleOnes() throws {
        let model = try FastTextModel(path: try TrainedModels.supervised())
        let expected = try Self.texts.map { try model.predictions(for: $0, limit: 3, threshold: 0.01) }
        #expect(try model.predictions(for: Self.texts, limit: 3, threshold: 0.01) == expected)
        #expect(throws: FastTextError.self) { try model.predictions(for: Self.texts, limit: 0) }
    }

    @Test func batchesOfNeighborsEqualSingleOnes() throws {
        let neighbors = WordNeighbors(model: try FastTextModel(path: try TrainedModels.spreadSkipGram()))
        let words = ["entity", "existence", "unheardof"]
        #expect(neighbors.nearest(toEach: words, count: 5) == words.map { neighbors.nearest(to: $0, count: 5) })
        let questions = [(first: "water", second: "fish", third: "bird"), (first: "entity", second: "thing", third: "person")]
        let expected = questions.map { neighbors.analogies($0.first, minus: $0.second, plus: $0.third, count: 5) }
        #expect(neighbors.analogies(questions, count: 5) == expected)
    }
}
