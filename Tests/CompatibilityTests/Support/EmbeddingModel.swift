import Foundation

/// A small fastText model for one test: what it has learned does not matter, only that its vectors have 32 numbers.
struct EmbeddingModel: ~Copyable {
    private let directory: URL
    var path: String { directory.appending(path: "model.bin").path(percentEncoded: false) }

    init() throws {
        directory = FileManager.default.temporaryDirectory.appending(path: "mlserving-compatibility-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: directory, withIntermediateDirectories: true)
        let corpus = directory.appending(path: "corpus.txt")
        let text = String(repeating: "door house window room\ncow calf herd grass\n", count: 50)
        try Data(text.utf8).write(to: corpus)
        let process = Process()
        process.executableURL = URL(filePath: "/usr/bin/env")
        let settings = "-dim 32 -epoch 1 -minCount 1 -bucket 1000 -thread 1 -verbose 0".split(separator: " ").map(String.init)
        let output = directory.appending(path: "model").path(percentEncoded: false)
        process.arguments = ["fasttext", "skipgram", "-input", corpus.path(percentEncoded: false), "-output", output] + settings
        try process.run()
        process.waitUntilExit()
    }

    deinit {
        try? FileManager.default.removeItem(at: directory)
    }
}
