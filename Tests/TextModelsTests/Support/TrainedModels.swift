import Foundation

/// Small models trained once per test run with Debian's `fasttext` from the glosses of Debian's `wordnet-base`.
struct TrainedModels: Sendable {
    private static let shared = Result {
        // Nothing else removes what a constant holds.
        atexit { TrainedModels.remove() }
        return try TrainedModels()
    }

    private let directory: TemporaryDirectory

    private init() throws {
        directory = try TemporaryDirectory()
        let glosses = try Self.glosses(limit: 2_000)
        _ = try directory.write(Array(glosses.joined(separator: "\n").utf8), to: "glosses.txt")
        let labelled = glosses.enumerated().map { index, gloss in
            "__label__\(gloss.prefix(1)) \(index % 7 == 0 ? "__label__many " : "")\(gloss)"
        }
        _ = try directory.write(Array(labelled.joined(separator: "\n").utf8), to: "labelled.txt")
        let many = glosses.map { "__label__\($0.split(separator: " ").last ?? "none") \($0)" }
        _ = try directory.write(Array(many.joined(separator: "\n").utf8), to: "many.txt")
    }

    /// Trains a model unless this run has done so before, and returns its path.
    static func path(_ command: String, _ options: String..., input: String = "glosses.txt") throws -> String {
        try shared.get().train(command, options.flatMap { $0.split(separator: " ").map(String.init) }, input: input)
    }

    static func skipGram() throws -> String {
        try path("skipgram", "-dim 16 -minn 3 -maxn 5 -bucket 2000 -epoch 1 -minCount 2")
    }

    /// Trained long enough for words to point in different directions.
    static func spreadSkipGram() throws -> String {
        try path("skipgram", "-dim 16 -minn 3 -maxn 4 -bucket 2000 -epoch 5 -lr 0.3 -minCount 5")
    }

    static func supervised() throws -> String {
        try path("supervised", "-dim 12 -minn 2 -maxn 4 -bucket 3000 -wordNgrams 3 -epoch 2 -loss softmax", input: "labelled.txt")
    }

    /// Quantises a model unless this run has done so before, and returns the path of the `.ftz` file.
    static func quantized(_ path: String, _ options: String, input: String) throws -> String {
        let directory = try shared.get().directory
        let name = "\(path.split(separator: "/").last ?? "") quantize \(options)".replacing(" ", with: "_")
        return try trained.value(for: name) {
            // The tool reads NAME.bin and writes NAME.ftz.
            try FileManager.default.copyItem(atPath: path, toPath: directory.path(name + ".bin"))
            let arguments = ["-input", directory.path(input), "-output", directory.path(name), "-thread", "1", "-verbose", "0"]
            _ = try CommandLineTool.run("fasttext", ["quantize"] + arguments + options.split(separator: " ").map(String.init))
            return directory.path(name + ".ftz")
        }
    }

    private static func remove() {
        if case .success(let models) = shared { try? FileManager.default.removeItem(at: models.directory.url) }
    }

    private func train(_ command: String, _ options: [String], input: String) throws -> String {
        let name = ([command] + options).joined(separator: "_")
        return try Self.trained.value(for: name) {
            let arguments = ["-input", directory.path(input), "-output", directory.path(name), "-thread", "1", "-verbose", "0"]
            _ = try CommandLineTool.run("fasttext", [command] + arguments + options)
            return directory.path(name + ".bin")
        }
    }

    private static let trained = OncePerName()

    private static func glosses(limit: Int) throws -> [String] {
        let text = try String(contentsOfFile: "/usr/share/wordnet/data.noun", encoding: .utf8)
        return text.split(separator: "\n").lazy
            .filter { !$0.hasPrefix("  ") }
            .compactMap { $0.split(separator: "|", maxSplits: 1).last }
            .prefix(limit)
            .map { $0.lowercased().split { !$0.isLetter }.joined(separator: " ") }
    }
}
