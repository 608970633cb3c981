import Testing

@testable import TextModels

@Suite struct PredictionTests {
    private static let lines = [
        "an entity that has physical existence", "unheardof words zzyzx", "", "entity", "the of and",
        "__label__a is no word", "a b c d e f g h", "an  entity\twith\ttabs ", "été дверь 東京",
    ]

    private static func model(loss: String) throws -> String {
        try TrainedModels.path(
            "supervised", "-dim 12 -minn 2 -maxn 4 -bucket 1000 -wordNgrams 3 -epoch 5 -lr 0.5", "-loss \(loss)", input: "labelled.txt")
    }

    /// The tool's answers, line by line: labels and probabilities in turn.
    private static func answers(_ path: String, limit: Int, threshold: Float) throws -> [[(label: String, probability: Float)]] {
        let output = try CommandLineTool.run(
            "fasttext", ["predict-prob", path, "-", "\(limit)", "\(threshold)"], input: lines.joined(separator: "\n") + "\n")
        return output.split(separator: "\n", omittingEmptySubsequences: false).dropLast().map { line in
            let fields = line.split(separator: " ")
            return stride(from: 0, to: fields.count - 1, by: 2).map { (String(fields[$0]), Float(fields[$0 + 1]) ?? .nan) }
        }
    }

    private static func expectAgreement(_ path: String, limit: Int, threshold: Float) throws {
        let model = try FastTextModel(path: path)
        let answers = try answers(path, limit: limit, threshold: threshold)
        try #require(answers.count == lines.count)
        #expect(answers.contains { !$0.isEmpty })
        for (line, expected) in zip(lines, answers) {
            let computed = try model.predictions(for: line, limit: limit == -1 ? nil : limit, threshold: threshold)
            try #require(computed.count == expected.count, "\(line)")
            for (own, other) in zip(computed, expected) {
                #expect(abs(own.probability - other.probability) <= 2e-5 * max(own.probability, 0.05), "\(line): \(own) \(other)")
            }
            #expect(Set(computed.map(\.label)).count == computed.count)
            if limit == -1 { #expect(Set(computed.map(\.label)) == Set(expected.map(\.label))) }
            // Sigmoids come from a table, so labels may tie; which of them the tool names first is undefined.
            let ranking = try model.predictions(for: line, limit: 2)
            let isTied = ranking.count == 2 && ranking[0].probability - ranking[1].probability < 1e-5
            if !isTied { #expect(computed.first?.label == expected.first?.label, "\(line)") }
        }
    }

    @Test(arguments: ["softmax", "ns", "hs", "ova"])
    func labelsAndProbabilitiesEqualTheTools(loss: String) throws {
        let path = try Self.model(loss: loss)
        for (limit, threshold) in [(1, 0), (3, 0), (-1, 0), (5, 0.1), (-1, 0.03)] as [(Int, Float)] {
            try Self.expectAgreement(path, limit: limit, threshold: threshold)
        }
    }

    @Test(arguments: ["", "-qnorm", "-cutoff 600 -retrain", "-qnorm -cutoff 300 -dsub 5"])
    func quantizedModelsEqualTheTools(options: String) throws {
        let path = try TrainedModels.quantized(try Self.model(loss: "softmax"), options, input: "labelled.txt")
        #expect(try FastTextModel(path: path).isQuantized)
        try Self.expectAgreement(path, limit: -1, threshold: 0)
    }

    /// The tool quantises an output matrix from 256 labels on.
    @Test(arguments: ["softmax", "hs"])
    func quantizedOutputsEqualTheTools(loss: String) throws {
        let options = "-dim 12 -minn 2 -maxn 3 -bucket 1000 -epoch 1 -loss \(loss)"
        let path = try TrainedModels.quantized(
            try TrainedModels.path("supervised", options, input: "many.txt"), "-qnorm -qout", input: "many.txt")
        #expect(try FastTextModel(path: path).labelCount >= 256)
        for limit in [5, -1] { try Self.expectAgreement(path, limit: limit, threshold: 0) }
    }

    @Test func nothingBehindASpeltOutLineEndCounts() throws {
        let model = try FastTextModel(path: try Self.model(loss: "softmax"))
        let expected = try model.predictions(for: "an entity", limit: nil)
        #expect(try model.predictions(for: "an entity </s> ignored", limit: nil) == expected)
    }

    @Test func wordVectorsOfQuantizedModelsEqualTheTools() throws {
        let path = try TrainedModels.quantized(try Self.model(loss: "hs"), "-qnorm -cutoff 500", input: "labelled.txt")
        let model = try FastTextModel(path: path)
        let words = ["entity", "unheardof", "</s>", "the"]
        let output = try CommandLineTool.run("fasttext", ["print-word-vectors", path], input: words.joined(separator: "\n"))
        for (word, expected) in zip(words, VectorText.vectors(in: output, dimension: model.dimension)) {
            #expect(VectorText.matches(model.vector(of: word), expected), "\(word)")
        }
    }

    @Test func onlySupervisedModelsPredict() throws {
        let model = try FastTextModel(path: try TrainedModels.skipGram())
        let error = #expect(throws: FastTextError.self) { try model.predictions(for: "entity") }
        #expect(error?.code == .notSupervised)
    }

    @Test(arguments: [0, -1])
    func aLimitBelowOneIsRefused(limit: Int) throws {
        let model = try FastTextModel(path: try Self.model(loss: "softmax"))
        let error = #expect(throws: FastTextError.self) { try model.predictions(for: "entity", limit: limit) }
        #expect(error?.code == .invalidArgument)
    }
}
