import FastTextEmbedding
import MLServing
import TextModels

/// Answers texts with their vectors or their labels.
struct FastTextPredictor: BatchPredictor {
    /// What is answered.
    enum Service: String, CaseIterable {
        case vectors, labels
    }

    let model: FastTextModel
    let service: Service
    /// At most this many labels for a text; nil for all.
    let limit: Int?
    /// Labels of a smaller probability are left out.
    let threshold: Float

    /// Answers take microseconds.
    var batchLimits: BatchLimits { BatchLimits(maximumCount: 256) }
    /// A word, so that the consumer is ready before the first request.
    var warmUpInputs: [Texts] { [.one("warm")] }

    func predict(batch inputs: [Texts]) async throws -> [FastTextAnswer] {
        try inputs.map { input in
            switch (service, input) {
            case (.vectors, .one(let text)): .vector(model.sentenceVector(of: text))
            case (.vectors, .list(let texts)): .vectors(try texts.map { try unlessCancelled(model.sentenceVector(of: $0)) })
            case (.labels, .one(let text)): .labels(try labels(of: text))
            case (.labels, .list(let texts)): .labelLists(try texts.map { try unlessCancelled(labels(of: $0)) })
            }
        }
    }

    private func labels(of text: String) throws -> [FastTextAnswer.Label] {
        try model.predictions(for: text, limit: limit, threshold: threshold)
            .map { FastTextAnswer.Label(label: $0.label, probability: $0.probability) }
    }

    /// A list may be long, so its end is not the first occasion to stop.
    private func unlessCancelled<Answer>(_ answer: @autoclosure () throws -> Answer) throws -> Answer {
        try Task.checkCancellation()
        return try answer()
    }
}
