import ArgumentParser
import Dispatch
import FoundationEssentials
import TextModels

/// Answers all texts of a file, again and again.
struct Rate: ParsableCommand {
    enum Task: String, ExpressibleByArgument {
        case words, sentences, labels
    }

    @Argument var model: String
    @Argument var texts: String
    @Argument var task: Task
    @Option var passes = 5
    @Option(help: "Share the texts between so many threads.")
    var threads = 1

    func run() throws {
        let model = try FastTextModel(path: model)
        let content = try String(contentsOfFile: texts, encoding: .utf8)
        let texts = content.split(separator: "\n", omittingEmptySubsequences: false).dropLast().map { String($0) }
        let share = (texts.count + threads - 1) / threads
        for _ in 0..<passes {
            let start = Clock.now
            DispatchQueue.concurrentPerform(iterations: threads) { thread in
                answer(texts[min(texts.count, thread * share)..<min(texts.count, (thread + 1) * share)], model)
            }
            print(Double(texts.count) / (Clock.now - start))
        }
    }

    private func answer(_ texts: ArraySlice<String>, _ model: FastTextModel) {
        var vector = [Float](repeating: 0, count: model.dimension)
        var span = vector.mutableSpan
        for text in texts {
            switch task {
            case .words: model.writeVector(of: text, to: &span)
            case .sentences: model.writeSentenceVector(of: text, to: &span)
            case .labels: _ = try? model.predictions(for: text)
            }
        }
    }
}
