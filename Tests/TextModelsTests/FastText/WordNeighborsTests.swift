import Testing

@testable import TextModels

@Suite struct WordNeighborsTests {
    private static func answers(nearestTo word: String, _ path: String) throws -> [(word: String, similarity: Float)] {
        let output = try CommandLineTool.run("fasttext", ["nn", path, "10"], input: word + "\n")
        // The tool prompts without a line end, so the first answer follows the prompt.
        return output.split(separator: "\n").compactMap { line in
            let fields = line.split(separator: " ").suffix(2)
            guard fields.count == 2, let similarity = Float(fields.last ?? "") else { return nil }
            return (String(fields.first ?? ""), similarity)
        }
    }

    private static func expectAgreement(_ own: [WordNeighbors.Neighbor], _ other: [(word: String, similarity: Float)]) {
        #expect(own.count == 10)
        #expect(other.count == 10)
        for (mine, theirs) in zip(own, other) { #expect(abs(mine.similarity - theirs.similarity) <= 1e-5) }
        #expect(own.map(\.word) == other.map(\.word))
    }

    @Test(arguments: ["entity", "unheardof", "existence"])
    func nearestWordsEqualTheTools(word: String) throws {
        let path = try TrainedModels.spreadSkipGram()
        let neighbors = WordNeighbors(model: try FastTextModel(path: path))
        Self.expectAgreement(neighbors.nearest(to: word), try Self.answers(nearestTo: word, path))
    }

    @Test(.enabled(if: PythonReference.interpreter != nil))
    func analogiesEqualTheBindings() throws {
        struct Answer: Decodable {
            let word: String
            let similarity: Float
        }
        let path = try TrainedModels.spreadSkipGram()
        let program = """
            import fasttext
            fasttext.FastText.eprint = lambda *ignored, **also: None
            found = fasttext.load_model(given).get_analogies("water", "fish", "bird", 10)
            print(json.dumps([{"word": word, "similarity": similarity} for similarity, word in found]))
            """
        let expected = try PythonReference.run(program, given: path, as: [Answer].self)
        let neighbors = WordNeighbors(model: try FastTextModel(path: path))
        let own = neighbors.analogies("water", minus: "fish", plus: "bird")
        Self.expectAgreement(own, expected.map { ($0.word, $0.similarity) })
    }

    @Test func aLimitKeepsTheMostFrequentWords() throws {
        let model = try FastTextModel(path: try TrainedModels.spreadSkipGram())
        let frequent = Set((0..<50).map(model.word))
        let nearest = WordNeighbors(model: model, limit: 50).nearest(to: "unheardof", count: 60)
        #expect(Set(nearest.map(\.word)) == frequent)
    }

    @Test func excludedWordsAndTheQueryAreLeftOut() throws {
        let model = try FastTextModel(path: try TrainedModels.spreadSkipGram())
        let neighbors = WordNeighbors(model: model)
        #expect(!neighbors.nearest(to: "entity", count: 20).contains { $0.word == "entity" })
        let first = try #require(neighbors.nearest(to: model.vector(of: "entity"), count: 1).first)
        #expect(first.word == "entity")
        #expect(abs(first.similarity - 1) < 1e-5)
        #expect(neighbors.nearest(to: "entity", count: 0) == [])
    }
}
