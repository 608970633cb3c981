import Testing

@testable import TextModels

@Suite struct SentenceVectorTests {
    private static let texts = [
        "an entity that has physical existence", "unheardof zzyzx", "entity", "the end", "  spaces\tand tabs ",
    ]

    @Test(arguments: ["skipgram -wordNgrams 1", "cbow -wordNgrams 1", "supervised -wordNgrams 1", "supervised -wordNgrams 2"])
    func sentenceVectorsEqualTheTools(kind: String) throws {
        let (command, options) = (String(kind.split(separator: " ")[0]), kind.drop { $0 != " " })
        let path = try TrainedModels.path(command, "-dim 12 -minn 3 -maxn 4 -bucket 2000 -epoch 1", String(options), input: "labelled.txt")
        let model = try FastTextModel(path: path)
        let output = try CommandLineTool.run(
            "fasttext", ["print-sentence-vectors", path], input: Self.texts.joined(separator: "\n") + "\n")
        let printed = VectorText.vectors(in: output, dimension: model.dimension)
        try #require(printed.count == Self.texts.count)
        for (text, expected) in zip(Self.texts, printed) {
            #expect(VectorText.matches(model.sentenceVector(of: text), expected), "\(text)")
        }
    }

    @Test func labelsAreNoFeaturesOfASupervisedModel() throws {
        let model = try FastTextModel(path: try TrainedModels.supervised())
        #expect(model.sentenceVector(of: "__label__a an entity __label__unheard") == model.sentenceVector(of: "an entity"))
    }

    @Test func lineEndsCountAsSpaces() throws {
        let model = try FastTextModel(path: try TrainedModels.supervised())
        #expect(model.sentenceVector(of: "an\nentity\r\n") == model.sentenceVector(of: "an entity"))
    }

    @Test func anEmptyTextIsZeroForUnsupervisedModels() throws {
        let model = try FastTextModel(path: try TrainedModels.skipGram())
        #expect(model.sentenceVector(of: " \n").allSatisfy { $0 == 0 })
    }
}
