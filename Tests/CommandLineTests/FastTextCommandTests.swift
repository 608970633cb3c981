import Foundation
import Testing

/// `mlserving consume fasttext`, as far as it needs no servers.
@Suite("mlserving consume fasttext", .timeLimit(.minutes(5)))
struct FastTextCommandTests {
    @Test func aModelThatIsNotThereExitsWith66() async throws {
        let outcome = try await MLServingProgram.run(["consume", "fasttext", "--model", "/nonexistent/model.bin"])
        #expect(outcome.status == 66)
        #expect(outcome.errors.contains("/nonexistent/model.bin"))
    }

    @Test func aFileThatIsNoModelExitsWith65() async throws {
        let outcome = try await MLServingProgram.run(["consume", "fasttext", "--model", "/etc/passwd"])
        #expect(outcome.status == 65)
        #expect(outcome.errors.contains("this is no fastText model"))
    }

    @Test(arguments: [["--k", "-1"], ["--threshold", "1.5"], ["--serve", "nothing"], []])
    func wrongUsageExitsWith64(options: [String]) async throws {
        let model = options.isEmpty ? [] : ["--model", "/etc/passwd"]
        #expect(try await MLServingProgram.run(["consume", "fasttext"] + model + options).status == 64)
    }

    @Test func labelsOfAModelWithoutAnyAreRefused() async throws {
        let model = try SmallModel(command: "skipgram")
        let outcome = try await MLServingProgram.run(["consume", "fasttext", "--model", model.path, "--serve", "labels"])
        #expect(outcome.status == 65)
        #expect(outcome.errors.contains("predicts no labels"))
    }
}

extension CommandLineLiveTests {
    @Test func aFastTextModelAnswersTextsWithLabels() async throws {
        let (queue, model) = (queueName(), try SmallModel(command: "supervised"))
        let consumer = try await startEcho(["--queue", queue, "--model", model.path, "--k", "2"], command: ["consume", "fasttext"])
        defer { consumer.process.terminate() }
        struct Label: Decodable {
            let label: String
            let probability: Float
        }
        let one = try await MLServingProgram.run(["predict", "--queue", queue, #""blue sky""#])
        #expect(one.status == 0, "\(one.errors)")
        let labels = try JSONDecoder().decode([Label].self, from: Data(one.output.utf8))
        #expect(Set(labels.map(\.label)) == ["__label__sky", "__label__soil"])
        #expect(labels[0].probability >= labels[1].probability)
        let list = try await MLServingProgram.run(["predict", "--queue", queue, #"["blue sky", "", "brown earth"]"#])
        let lists = try JSONDecoder().decode([[Label]].self, from: Data(list.output.utf8))
        #expect(lists.map(\.count) == [2, 2, 2])
        #expect(lists[0].map(\.label) == labels.map(\.label))
        let wrong = try await MLServingProgram.run(["predict", "--queue", queue, #"{"text": "blue"}"#])
        #expect(wrong.status == 65)
    }

    @Test func aFastTextModelAnswersTextsWithVectors() async throws {
        let (queue, model) = (queueName(), try SmallModel(command: "skipgram"))
        let consumer = try await startEcho(["--queue", queue, "--model", model.path], command: ["consume", "fasttext"])
        defer { consumer.process.terminate() }
        let one = try await MLServingProgram.run(["predict", "--queue", queue, #""blue sky""#])
        #expect(one.status == 0, "\(one.errors)")
        let vector = try JSONDecoder().decode([Float].self, from: Data(one.output.utf8))
        #expect(vector.count == 8)
        let list = try await MLServingProgram.run(["predict", "--queue", queue, #"["", "blue sky"]"#])
        #expect(try JSONDecoder().decode([[Float]].self, from: Data(list.output.utf8)) == [[Float](repeating: 0, count: 8), vector])
    }
}

/// A model of a few words, trained with Debian's `fasttext`; its files go with it.
final class SmallModel: Sendable {
    private let directory: URL
    var path: String { directory.appending(path: "model.bin").path(percentEncoded: false) }

    init(command: String) throws {
        directory = FileManager.default.temporaryDirectory.appending(path: "mlserving-command-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: directory, withIntermediateDirectories: true)
        let lines = (0..<50).map { $0 % 2 == 0 ? "__label__sky blue sky above\n" : "__label__soil brown earth below\n" }
        try Data(lines.joined().utf8).write(to: directory.appending(path: "lines.txt"))
        let training = Process()
        training.executableURL = URL(filePath: "/usr/bin/env")
        training.arguments = [
            "fasttext", command, "-input", directory.appending(path: "lines.txt").path(percentEncoded: false), "-output",
            directory.appending(path: "model").path(percentEncoded: false), "-dim", "8", "-bucket", "100", "-minCount", "1", "-thread", "1",
            "-verbose", "0",
        ]
        try training.run()
        training.waitUntilExit()
        try #require(training.terminationStatus == 0)
    }

    deinit {
        try? FileManager.default.removeItem(at: directory)
    }
}
