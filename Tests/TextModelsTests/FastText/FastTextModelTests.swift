import Foundation
import Testing

@testable import TextModels

@Suite struct FastTextModelTests {
    private static let known = ["entity", "physical", "that", "the", "of", "</s>"]
    private static let unknown = ["entityish", "zebraleinwand", "ß", "qj", "été", "дверь", "東京", "naïve-ish", "a_b", "🙂ok"]

    @Test func vectorsEqualTheToolsInAndOutOfTheVocabulary() throws {
        let path = try TrainedModels.skipGram()
        let model = try FastTextModel(path: path)
        let words = Self.known + Self.unknown
        let output = try CommandLineTool.run("fasttext", ["print-word-vectors", path], input: words.joined(separator: "\n"))
        let printed = VectorText.vectors(in: output, dimension: model.dimension)
        try #require(printed.count == words.count)
        for (word, expected) in zip(words, printed) {
            #expect(VectorText.matches(model.vector(of: word), expected), "\(word)")
        }
        #expect(Self.known.allSatisfy(model.contains))
        #expect(!Self.unknown.contains(where: model.contains))
        #expect(model.vector(of: "zebraleinwand").contains { $0 != 0 })
    }

    @Test func everyWordOfTheVocabularyIsFoundUnderItsOwnIndex() throws {
        let path = try TrainedModels.skipGram()
        let model = try FastTextModel(path: path)
        let dump = try CommandLineTool.run("fasttext", ["dump", path, "dict"]).split(separator: "\n")
        let words = dump.dropFirst().map { String($0.split(separator: " ")[0]) }
        #expect(words.count > 1_000)
        #expect((0..<model.wordCount).map(model.word) == words)
        #expect(words.allSatisfy(model.contains))
    }

    @Test(arguments: ["skipgram", "cbow"])
    func parametersAreThoseOfTraining(command: String) throws {
        let path = try TrainedModels.path(command, "-dim 16 -minn 3 -maxn 5 -bucket 2000 -epoch 1 -minCount 2")
        let parameters = try FastTextModel(path: path).parameters
        #expect(parameters.architecture == (command == "cbow" ? .continuousBagOfWords : .skipGram))
        #expect(parameters.version == 12)
        #expect(parameters.loss == .negativeSampling)
        #expect(parameters.dimension == 16)
        #expect(parameters.bucketCount == 2_000)
        #expect(parameters.minimumSubwordLength == 3)
        #expect(parameters.maximumSubwordLength == 5)
        #expect(parameters.window == 5)
        #expect(parameters.epochs == 1)
        #expect(parameters.wordNGrams == 1)
    }

    @Test func supervisedModelsHaveLabelsAndWordVectors() throws {
        let path = try TrainedModels.supervised()
        let model = try FastTextModel(path: path)
        #expect(model.parameters.architecture == .supervised)
        #expect(model.labelCount > 10)
        #expect((0..<model.labelCount).map(model.label).contains("__label__many"))
        let words = ["entity", "unheardof"]
        let output = try CommandLineTool.run("fasttext", ["print-word-vectors", path], input: words.joined(separator: "\n"))
        for (word, expected) in zip(words, VectorText.vectors(in: output, dimension: model.dimension)) {
            #expect(VectorText.matches(model.vector(of: word), expected), "\(word)")
        }
    }

    @Test func versionElevenReadsAsTwelveForUnsupervisedModels() throws {
        let directory = try TemporaryDirectory()
        let path = try TrainedModels.skipGram()
        var bytes = [UInt8](try Data(contentsOf: URL(filePath: path)))
        bytes[4] = 11
        let old = try FastTextModel(path: try directory.write(bytes, to: "old.bin"))
        let new = try FastTextModel(path: path)
        #expect(old.parameters.version == 11)
        for word in Self.known + Self.unknown { #expect(old.vector(of: word) == new.vector(of: word)) }
    }

    @Test func versionElevenOfASupervisedModelHasNoSubwords() throws {
        let directory = try TemporaryDirectory()
        var bytes = [UInt8](try Data(contentsOf: URL(filePath: try TrainedModels.supervised())))
        bytes[4] = 11
        let path = try directory.write(bytes, to: "old.bin")
        let model = try FastTextModel(path: path)
        #expect(model.parameters.maximumSubwordLength == 0)
        #expect(model.vector(of: "unheardof").allSatisfy { $0 == 0 })
        let output = try CommandLineTool.run("fasttext", ["print-word-vectors", path], input: "entity")
        #expect(VectorText.matches(model.vector(of: "entity"), VectorText.vectors(in: output, dimension: model.dimension)[0]))
    }

    @Test func unknownWordsWithoutSubwordsAreZero() throws {
        let directory = try TemporaryDirectory()
        let synthetic = SyntheticModel(words: [("one", [1, 2, 3]), ("two", [4, 5, 6])])
        let model = try FastTextModel(path: try directory.write(synthetic.bytes, to: "m.bin"))
        #expect(model.vector(of: "two") == [4, 5, 6])
        #expect(model.vector(of: "three") == [0, 0, 0])
        #expect(model.vector(of: "") == [0, 0, 0])
        #expect(model.vector(of: "one\0") == [0, 0, 0])
    }

    @Test func bytesBehindAZeroByteAreNoPartOfAnEntry() throws {
        let directory = try TemporaryDirectory()
        var synthetic = SyntheticModel(words: [("a", [1, 1]), ("b", [2, 2])])
        // The entry "a" and its count read as "a", zero byte, "b", zero byte.
        synthetic.entries[0].count = Int64(UInt8(ascii: "b"))
        let model = try FastTextModel(path: try directory.write(synthetic.bytes, to: "m.bin"))
        #expect(!model.contains("a\0b"))
        #expect(model.contains("a"))
    }

    @Test func wordsAreComparedByBytesNotByUnicodeEquivalence() throws {
        let directory = try TemporaryDirectory()
        let synthetic = SyntheticModel(words: [("\u{E9}", [1, 0]), ("e\u{301}", [0, 1])])
        let model = try FastTextModel(path: try directory.write(synthetic.bytes, to: "m.bin"))
        #expect(model.vector(of: "\u{E9}") == [1, 0])
        #expect(model.vector(of: "e\u{301}") == [0, 1])
    }

    @Test func ofEqualEntriesTheLastOneCounts() throws {
        let directory = try TemporaryDirectory()
        let synthetic = SyntheticModel(words: [("same", [1, 0]), ("other", [5, 5]), ("same", [0, 1])])
        let model = try FastTextModel(path: try directory.write(synthetic.bytes, to: "m.bin"))
        #expect(model.vector(of: "same") == [0, 1])
    }

    @Test func writingOverATargetEqualsReturning() throws {
        let model = try FastTextModel(path: try TrainedModels.skipGram())
        var target = [Float](repeating: .nan, count: model.dimension)
        var span = target.mutableSpan
        model.writeVector(of: "zebraleinwand", to: &span)
        #expect(target == model.vector(of: "zebraleinwand"))
        var sentence = [Float](repeating: .nan, count: model.dimension)
        var sentenceSpan = sentence.mutableSpan
        model.writeSentenceVector(of: "the entity", to: &sentenceSpan)
        #expect(sentence == model.sentenceVector(of: "the entity"))
    }

    @Test func manyTasksGetTheSameVectorsAtOnce() async throws {
        let model = try FastTextModel(path: try TrainedModels.skipGram())
        let words = (0..<200).map(model.word) + Self.unknown
        let expected = words.map(model.vector)
        await withTaskGroup(of: Bool.self) { group in
            for _ in 0..<8 { group.addTask { words.map(model.vector) == expected } }
            for await agreed in group { #expect(agreed) }
        }
    }
}
