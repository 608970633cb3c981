import Foundation

/// What fastText's Python binding says about a model: every number as its 32 bits.
struct BindingAnswers {
    /// What is asked of it.
    struct Question: Encodable {
        let path: String
        let words: [String]
        let texts: [String]
        /// For each the number of labels, or -1 for all, the smallest probability, and how many of the texts it is asked of.
        let predictions: [Prediction]
        /// How many words have neighbours, and how many triples of words are completed.
        var neighborCount = 0

        struct Prediction: Encodable {
            let limit: Int
            let threshold: Float
            let textCount: Int
        }
    }

    /// The vectors of the words, one after the other.
    let words: [UInt32]
    /// The vectors of the texts, one after the other.
    let texts: [UInt32]
    /// For each text of each prediction the number of labels, and for each of them its index and its probability.
    let predictions: [UInt32]
    /// For each query the number of words, and for each of them its index and its similarity.
    let neighbors: [UInt32]

    private static let program = """
        import fasttext, numpy
        path, directory = given["path"], given["directory"]
        model = fasttext.FastText._FastText(path).f
        vector = fasttext.FastText.fasttext.Vector(model.getArgs().dim)
        def vectors(name, ask, inputs):
            with open(directory + "/" + name, "wb") as file:
                for text in inputs:
                    ask(vector, text)
                    file.write(memoryview(vector))
        def ranking(file, found, indices):
            row = [len(found)]
            for score, name in found: row += [indices[name], score]
            bits = numpy.array(row, dtype=numpy.float32).view(numpy.uint32)
            bits[0] = len(found)
            bits[1::2] = [indices[name] for score, name in found]
            file.write(bits.tobytes())
        vectors("words", model.getWordVector, given["words"])
        vectors("texts", model.getSentenceVector, [text + "\\n" for text in given["texts"]])
        with open(directory + "/predictions", "wb") as file:
            labels = {label: index for index, label in enumerate(model.getLabels("strict")[0])} if given["predictions"] else {}
            for question in given["predictions"]:
                for text in given["texts"][:question["textCount"]]:
                    ranking(file, model.predict(text + "\\n", question["limit"], question["threshold"], "strict"), labels)
        with open(directory + "/neighbors", "wb") as file:
            if given["neighborCount"]:
                vocabulary = model.getVocab("strict")[0]
                indices = {word: index for index, word in enumerate(vocabulary)}
                words = [word for word in given["words"] if "\\0" not in word]
                for word in words[:given["neighborCount"]]: ranking(file, model.getNN(word, 10, "strict"), indices)
                for first, second, third in list(zip(words, words[1:], words[2:]))[:given["neighborCount"]]:
                    ranking(file, model.getAnalogies(first, second, third, 10, "strict"), indices)
        print("null")
        """

    init(_ question: Question) throws {
        struct Given: Encodable {
            let question: Question
            let directory: String

            enum CodingKeys: CodingKey { case directory }

            func encode(to encoder: any Encoder) throws {
                try question.encode(to: encoder)
                var container = encoder.container(keyedBy: CodingKeys.self)
                try container.encode(directory, forKey: .directory)
            }
        }
        let directory = try TemporaryDirectory()
        _ = try PythonReference.run(Self.program, given: Given(question: question, directory: directory.path("")), as: Int?.self)
        func numbers(_ name: String) throws -> [UInt32] {
            try Data(contentsOf: URL(filePath: directory.path(name))).withUnsafeBytes { Array($0.bindMemory(to: UInt32.self)) }
        }
        words = try numbers("words")
        texts = try numbers("texts")
        predictions = try numbers("predictions")
        neighbors = try numbers("neighbors")
    }
}
