import Testing

@testable import TextModels

@Suite struct ShortTextEmbedderTests {
    private let directory: TemporaryDirectory
    private let embedder: ShortTextEmbedder

    init() throws {
        directory = try TemporaryDirectory()
        let synthetic = SyntheticModel(words: [
            ("three", [3, 0]), ("five", [3, 4]), ("also", [0, 5]), ("one", [0, 1]), ("nothing", [0, 0]),
        ])
        embedder = ShortTextEmbedder(model: try FastTextModel(path: try directory.write(synthetic.bytes, to: "m.bin")))
    }

    @Test func partsAreMeanOfUnitVectorsSmallestAndLargest() {
        #expect(embedder.dimension == 6)
        #expect(embedder.embedding(of: "one five") == [0.3, 0.9, 0, 1, 3, 4])
        #expect(embedder.embedding(of: "three") == [1, 0, 3, 0, 3, 0])
    }

    @Test func vectorsOfLengthZeroAreLeftOutOfTheMeanOnly() {
        #expect(embedder.embedding(of: "three nothing") == [1, 0, 0, 0, 3, 0])
        #expect(embedder.embedding(of: "three unheard") == [1, 0, 0, 0, 3, 0])
        #expect(embedder.embedding(of: "unheard nothing") == [0, 0, 0, 0, 0, 0])
    }

    @Test func repeatedWordsCountOnce() {
        #expect(embedder.embedding(of: "one, one; one five!") == embedder.embedding(of: "five one"))
    }

    @Test func ofWordsWithTheSameNormTheFirstByBytesIsMeant() {
        // "also" and "five" both have norm 5.
        #expect(embedder.embedding(of: "five also").suffix(4) == [0, 5, 0, 5])
        #expect(embedder.embedding(of: "also five").suffix(4) == [0, 5, 0, 5])
    }

    @Test(arguments: ["", "   ", "?!", "\u{301}"])
    func textsWithoutWordsAreZero(text: String) {
        #expect(embedder.embedding(of: text) == [0, 0, 0, 0, 0, 0])
    }

    @Test func severalTextsKeepTheirOrder() {
        let texts = ["one", "", "five three", "one"]
        #expect(embedder.embeddings(of: texts) == texts.map(embedder.embedding))
        #expect(embedder.embeddings(of: []) == [])
    }

    @Test func writingOverATargetEqualsReturning() {
        var target = [Float](repeating: .nan, count: 6)
        var span = target.mutableSpan
        embedder.writeEmbedding(of: "five one", to: &span)
        #expect(target == embedder.embedding(of: "five one"))
    }

    @Test func theOrderOfWordsDoesNotMatterToTheLastBit() throws {
        let trained = ShortTextEmbedder(model: try FastTextModel(path: try TrainedModels.skipGram()))
        let words = (0..<12).map(trained.model.word) + ["unheardof", "été"]
        var random = SeededGenerator(seed: 7)
        let expected = trained.embedding(of: words.joined(separator: " "))
        for _ in 0..<20 {
            #expect(trained.embedding(of: words.shuffled(using: &random).joined(separator: "; ")) == expected)
        }
    }

    @Test(.enabled(if: PythonReference.interpreter != nil))
    func embeddingsEqualAReferenceMadeWithTheBinding() throws {
        struct Question: Encodable {
            let path: String
            let texts: [String]
        }
        let path = try TrainedModels.skipGram()
        let trained = ShortTextEmbedder(model: try FastTextModel(path: path))
        let texts = ["an entity that exists", "unheardof été, 東京!", "a", "the the THE the", "don't e\u{301}te a_b ½"]
        let program = """
            import re, fasttext, numpy as np
            fasttext.FastText.eprint = lambda *ignored, **also: None
            model = fasttext.load_model(given["path"])
            answer = []
            for text in given["texts"]:
                vectors = [model.get_word_vector(word) for word in sorted(set(re.findall(r"\\w+", text)), key=str.encode)]
                norms = [float(np.linalg.norm(vector)) for vector in vectors]
                mean = np.mean([vector / norm for vector, norm in zip(vectors, norms) if norm > 0], axis=0)
                answer.append(np.concatenate([mean, vectors[int(np.argmin(norms))], vectors[int(np.argmax(norms))]]).tolist())
            print(json.dumps(answer))
            """
        let expected = try PythonReference.run(program, given: Question(path: path, texts: texts), as: [[Float]].self)
        for (text, (computed, reference)) in zip(texts, zip(trained.embeddings(of: texts), expected)) {
            #expect(computed.count == reference.count)
            #expect(zip(computed, reference).allSatisfy { abs($0 - $1) <= 1e-6 }, "\(text)")
        }
    }
}
