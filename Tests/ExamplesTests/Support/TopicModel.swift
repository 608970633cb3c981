import FastTextEmbedding
import Foundation
import TextModels

/// A fastText model of a small language of four topics, whose words are near each other within a topic and far apart across topics.
///
/// Debian's `fasttext` trains it in a few seconds, with one thread and thus always to the same result. It is kept in the system's temporary
/// directory under a name that tells its settings.
enum TopicModel {
    static let topics = [
        ["door", "house", "window", "room", "wall", "floor", "roof", "key", "lock", "stairs"],
        ["bull", "cow", "calf", "herd", "horn", "farm", "grass", "barn", "hoof", "meadow"],
        ["take", "give", "carry", "bring", "hold", "grab", "lift", "drop", "catch", "throw"],
        ["violin", "piano", "song", "choir", "tune", "drum", "flute", "opera", "organ", "melody"],
    ]

    /// Softmax over all words drives topics apart, where negative samples would leave them something in common. The many buckets keep unknown
    /// words from sharing sub-words with known ones.
    private static let settings = "-dim 32 -epoch 15 -minCount 1 -minn 3 -maxn 5 -bucket 50000 -ws 8 -t 0.001 -loss softmax -thread 1"

    private static let path = Result { try train() }

    static func model() throws -> FastTextModel {
        try FastTextModel(path: path.get())
    }

    static func predictor() throws -> FastTextEmbeddingPredictor {
        try FastTextEmbeddingPredictor(modelPath: path.get())
    }

    static func modelPath() throws -> String {
        try path.get()
    }

    private static func train() throws -> String {
        let name = "mlserving-examples-\(settings)-1".replacing(" ", with: "_")
        let target = FileManager.default.temporaryDirectory.appending(path: name + ".bin")
        if (try? FastTextModel(path: target.path(percentEncoded: false))) != nil { return target.path(percentEncoded: false) }
        let directory = FileManager.default.temporaryDirectory.appending(path: "mlserving-examples-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: directory, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: directory) }
        let corpus = directory.appending(path: "corpus.txt")
        let output = directory.appending(path: "model")
        try Data(lines(count: 8_000).joined(separator: "\n").utf8).write(to: corpus)
        let files = ["-input", corpus.path(percentEncoded: false), "-output", output.path(percentEncoded: false)]
        try CommandLineTool.run("fasttext", ["skipgram"] + files + settings.split(separator: " ").map(String.init))
        // Another run of the tests may have been faster; its model is the same.
        _ = try? FileManager.default.moveItem(at: output.appendingPathExtension("bin"), to: target)
        return target.path(percentEncoded: false)
    }

    /// Texts of eight words, each of one topic.
    private static func lines(count: Int) -> [String] {
        var state: UInt64 = 1
        func next(below bound: Int) -> Int {
            state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
            return Int(state >> 33) % bound
        }
        return (0..<count).map { _ in
            let topic = topics[next(below: topics.count)]
            return (0..<8).map { _ in topic[next(below: topic.count)] }.joined(separator: " ")
        }
    }
}
