import Foundation
import Testing

@testable import TextModels

@Suite struct FastTextModelFileTests {
    /// A model with every kind of section: words, labels, buckets, both matrices.
    private static var sample: SyntheticModel {
        var model = SyntheticModel(words: (0..<12).map { ("word\($0)", [Float($0), 1, -1]) })
        model.entries.append(.init(text: Array("__label__x".utf8), count: 9, isLabel: true))
        model.bucketCount = 5
        model.minimumSubwordLength = 2
        model.maximumSubwordLength = 3
        model.inputRows += (0..<5).map { [Float($0) / 4, 0, 2] }
        model.architecture = 3
        model.entries.append(.init(text: Array("__label__y".utf8), count: 4, isLabel: true))
        model.outputRows = [[1, 2, 3], [3, 2, 1]]
        return model
    }

    private static func failure(_ model: SyntheticModel) throws -> FastTextError {
        try failure(bytes: model.bytes)
    }

    private static func failure(bytes: [UInt8]) throws -> FastTextError {
        let directory = try TemporaryDirectory()
        let path = try directory.write(bytes, to: "m.bin")
        let error = try #require(throws: FastTextError.self) { try FastTextModel(path: path) }
        #expect(error.path == path)
        #expect(error.description.contains(path))
        return error
    }

    @Test func theSampleItselfOpens() throws {
        let directory = try TemporaryDirectory()
        let model = try FastTextModel(path: try directory.write(Self.sample.bytes, to: "m.bin"))
        #expect(model.wordCount == 12)
        #expect(model.label(at: 0) == "__label__x")
    }

    @Test func missingFilesAndDirectoriesAreUnreadable() throws {
        let directory = try TemporaryDirectory()
        let missing = #expect(throws: FastTextError.self) { try FastTextModel(path: directory.path("none.bin")) }
        #expect(missing?.code == .unreadable)
        #expect(missing?.message.contains("No such file") == true)
        let folder = #expect(throws: FastTextError.self) { try FastTextModel(path: directory.path("")) }
        #expect(folder?.code == .unreadable)
    }

    @Test func everyTruncationIsReported() throws {
        let bytes = Self.sample.bytes
        for length in 0..<bytes.count {
            let error = try Self.failure(bytes: Array(bytes.prefix(length)))
            #expect(error.code == .truncated, "at \(length): \(error)")
            #expect(try #require(error.offset) <= length)
        }
    }

    @Test func truncationsOfATrainedModelAreReported() throws {
        let bytes = [UInt8](try Data(contentsOf: URL(filePath: try TrainedModels.skipGram())))
        for length in stride(from: 0, to: bytes.count, by: 9_973) {
            #expect(try Self.failure(bytes: Array(bytes.prefix(length))).code == .truncated)
        }
    }

    @Test func foreignFilesAndVersionsAreNamed() throws {
        var foreign = Self.sample
        foreign.magic = 0x0403_4B50
        #expect(try Self.failure(foreign).code == .foreign)
        #expect(try Self.failure(foreign).offset == 0)
        #expect(try Self.failure(bytes: Array("a text file with words, not a model".utf8)).code == .foreign)
        for version: Int32 in [-1, 0, 10, 13, .max] {
            var model = Self.sample
            model.version = version
            let error = try Self.failure(model)
            #expect(error.code == .unsupportedVersion)
            #expect(error.message.contains("\(version)"))
        }
    }

    @Test(
        arguments: [
            (\SyntheticModel.dimension, -3), (\.dimension, 0), (\.dimension, 2), (\.dimension, .max), (\.loss, 0), (\.loss, 5),
            (\.architecture, 0), (\.architecture, 4), (\.bucketCount, -1), (\.bucketCount, 6), (\.bucketCount, .max),
            (\.wordNGrams, -1), (\.minimumSubwordLength, -1), (\.maximumSubwordLength, -1),
        ] as [(any WritableKeyPath<SyntheticModel, Int32> & Sendable, Int32)])
    func impossibleHeaderFieldsAreReported(field: any WritableKeyPath<SyntheticModel, Int32> & Sendable, value: Int32) throws {
        var model = Self.sample
        let rows = (Int64(model.inputRows.count), Int64(model.inputRows[0].count))
        model[keyPath: field] = value
        (model.claimedInputRows, model.claimedInputColumns) = rows
        #expect(try Self.failure(model).code == .corrupt)
    }

    @Test func impossibleSizesAreReportedWithoutAllocatingThem() throws {
        for (code, change) in [
            (.corrupt, { $0.claimedEntryCount = -1 }),
            (.corrupt, { $0.claimedEntryCount = 13 }),
            (.corrupt, { $0.claimedWordCount = .min }),
            (.corrupt, { $0.claimedPrunedCount = -2 }),
            (.truncated, { $0.claimedPrunedCount = .max }),
            (.truncated, { ($0.claimedEntryCount, $0.claimedWordCount) = (.max, .max - 2) }),
            (.corrupt, { $0.claimedInputRows = -1 }),
            (.corrupt, { $0.claimedInputRows = .max }),
            (.truncated, { $0.claimedInputRows = 1 << 40 }),
            (.corrupt, { $0.claimedInputColumns = .max }),
            (.corrupt, { ($0.claimedInputRows, $0.inputRows) = (0, []) }),
        ] as [(FastTextError.Code, (inout SyntheticModel) -> Void)] {
            var model = Self.sample
            change(&model)
            let error = try Self.failure(model)
            #expect(error.code == code, "\(error)")
            #expect(error.offset != nil)
        }
    }

    @Test func labelsBeforeWordsAreReported() throws {
        var model = Self.sample
        model.entries.swapAt(3, 12)
        #expect(try Self.failure(model).code == .corrupt)
    }

    @Test func survivorsOfPruningOutsideTheMatrixAreReported() throws {
        var model = Self.sample
        model.pruned = [(bucket: 3, row: 4)]
        let directory = try TemporaryDirectory()
        #expect(throws: Never.self) { try FastTextModel(path: try directory.write(model.bytes, to: "m.bin")) }
        model.pruned = [(bucket: 3, row: 5)]
        #expect(try Self.failure(model).code == .corrupt)
        model.pruned = [(bucket: 3, row: -1)]
        #expect(try Self.failure(model).code == .corrupt)
    }

    @Test func quantizersThatDoNotFitTheMatrixAreReported() throws {
        var model = Self.sample
        model.isQuantized = true
        let directory = try TemporaryDirectory()
        #expect(try FastTextModel(path: try directory.write(model.bytes, to: "m.bin")).isQuantized)
        for (rows, columns) in [(16, 3), (18, 3), (17, 2), (17, 4)] as [(Int64, Int64)] {
            (model.claimedInputRows, model.claimedInputColumns) = (rows, columns)
            #expect(try Self.failure(model).code == .corrupt)
        }
    }

    @Test func truncationsOfAQuantizedModelAreReported() throws {
        var model = Self.sample
        model.isQuantized = true
        for length in stride(from: 0, to: model.bytes.count, by: 7) {
            #expect(try Self.failure(bytes: Array(model.bytes.prefix(length))).code == .truncated)
        }
    }

    /// Damaged files must open or be refused, and an opened one must answer within its bounds.
    @Test(arguments: [false, true], [1, 3, 4] as [Int32])
    func damagedFilesNeverCrash(isQuantized: Bool, loss: Int32) throws {
        let directory = try TemporaryDirectory()
        var sample = Self.sample
        sample.isQuantized = isQuantized
        sample.loss = loss
        sample.wordNGrams = 2
        sample.pruned = isQuantized ? [(2, 0), (4, 3)] : nil
        let original = sample.bytes
        let path = try directory.write(original, to: "m.bin")
        let file = try FileHandle(forUpdating: URL(filePath: path))
        defer { try? file.close() }
        var random = SeededGenerator(seed: 20_260)
        var opened = 0
        for _ in 0..<4_000 {
            let damage = (0..<Int.random(in: 1...4, using: &random)).map { _ in
                // Mostly the header, the dictionary and the sizes of the first matrix.
                let end = Bool.random(using: &random) ? original.count : 560
                return (place: Int.random(in: 4..<end, using: &random), value: Self.interestingByte(&random))
            }
            for (place, value) in damage { try file.overwrite([value], at: place) }
            if let model = try? FastTextModel(path: path) {
                opened += 1
                Self.exercise(model)
            }
            for (place, _) in damage { try file.overwrite([original[place]], at: place) }
        }
        #expect(opened > 200, "much of the damage hits values, which any bytes may be")
        #expect(opened < 3_800, "some of the damage hits sizes")
    }

    /// Models as the tool writes them, with every kind of section that the synthetic ones lack.
    @Test(arguments: ["-qnorm -qout", "-qnorm -qout -cutoff 400 -dsub 3"], ["softmax", "hs", "ova"])
    func damagedModelsOfTheToolNeverCrash(options: String, loss: String) throws {
        let trained = try TrainedModels.path(
            "supervised", "-dim 7 -minn 2 -maxn 3 -bucket 300 -minCount 10 -wordNgrams 2 -epoch 1 -loss \(loss)", input: "many.txt")
        let original = [UInt8](try Data(contentsOf: URL(filePath: try TrainedModels.quantized(trained, options, input: "many.txt"))))
        let directory = try TemporaryDirectory()
        var random = SeededGenerator(seed: 6)
        var opened = 0
        for _ in 0..<400 {
            var bytes = original
            for _ in 0..<Int.random(in: 1...3, using: &random) {
                // The sizes at the start, any byte, or some bytes that are missing or twice there.
                let place = Int.random(in: 8..<(Bool.random(using: &random) ? 100 : bytes.count), using: &random)
                switch Int.random(in: 0..<8, using: &random) {
                case 0: bytes.removeSubrange(place..<min(bytes.count, place + Int.random(in: 1...8, using: &random)))
                case 1: bytes.insert(contentsOf: bytes[place..<min(bytes.count, place + 4)], at: place)
                default: bytes[place] = Self.interestingByte(&random)
                }
            }
            guard let model = try? FastTextModel(path: try directory.write(bytes, to: "m.ftz")) else { continue }
            opened += 1
            Self.exercise(model)
        }
        #expect((1..<400).contains(opened))
    }

    private static func interestingByte(_ random: inout SeededGenerator) -> UInt8 {
        [0, 1, 0x7F, 0x80, 0xFF, UInt8.random(in: 0...255, using: &random)].randomElement(using: &random) ?? 0
    }

    private static func exercise(_ model: FastTextModel) {
        for word in ["word3", "__label__x", "", "</s>", "unseen"] { _ = model.vector(of: word) }
        _ = model.sentenceVector(of: "word1 unseen __label__x word2")
        _ = try? model.predictions(for: "word1 unseen word2", limit: nil)
        for index in 0..<model.wordCount { _ = model.word(at: index) }
    }
}

extension FileHandle {
    fileprivate func overwrite(_ bytes: [UInt8], at offset: Int) throws {
        try seek(toOffset: UInt64(offset))
        try write(contentsOf: bytes)
    }
}
