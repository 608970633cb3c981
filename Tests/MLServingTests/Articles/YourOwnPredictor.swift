import Foundation
import MLServing
import Synchronization

// The code of the article of this file's name, in its order. `ArticleTests` compares the two.

// begin
struct SentenceKind: Predictor {
    var warmUpInputs: [String] { ["a warm-up sentence"] }

    func predict(_ text: String) async throws -> String {
        guard !text.isEmpty else { throw ServingError(code: .invalidInput, message: "the text is empty") }
        return text.hasSuffix("?") ? "question" : "statement"
    }
}
// end

// begin
final class Spelling: Predictor {
    private let path: String
    private let words = Mutex<Set<String>>([])

    init(path: String) { self.path = path }

    func load() async throws {
        let text = try String(contentsOfFile: path, encoding: .utf8)
        words.withLock { $0 = Set(text.split(separator: "\n").map(String.init)) }
    }

    func unload() async { words.withLock { $0 = [] } }

    func predict(_ word: String) async throws -> Bool { words.withLock { $0.contains(word) } }
}
// end

private func refuse() throws {
    // begin
    throw ServingError(code: ServingError.Code(rawValue: "model_busy"), message: "the model is being replaced", isRetryable: true)
    // end
}

// begin
struct Lengths: BatchPredictor {
    var batchLimits: BatchLimits { .adaptive(targetLatency: .milliseconds(50)) }

    func predict(batch texts: [String]) async throws -> [Int] { texts.map(\.count) }
}
// end
