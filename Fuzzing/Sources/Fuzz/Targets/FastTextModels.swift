@testable internal import TextModels

extension FuzzTarget {
    /// A model file: it opens, and then answers whatever it is asked, or is refused.
    static let fastTextModels = FuzzTarget("fasttext-models") { bytes in
        let path = file.path(holding: bytes)
        guard let model = decoding(bytes.count, factor: 32, { try FastTextModel(path: path) }) else { return }
        expect(model.dimension * 4 <= bytes.count, "a vector is longer than the file")
        expect(model.wordCount + model.labelCount <= bytes.count / 10, "more words than fit into the file")
        let words = (0..<min(model.wordCount, 16)).map { model.word(at: $0) }
        let labels = (0..<min(model.labelCount, 16)).map { model.label(at: $0) }
        for word in words + labels + ["", "</s>", "unseen", "__label__unseen", "ключ"] {
            expect(model.vector(of: word).count == model.dimension, "a vector of another length")
            if let index = model.index(ofWord: word) { expect(model.word(at: index) == word, "\(word) is at \(index), and is not") }
        }
        let text = (words + labels).joined(separator: " ") + " an unseen\tword"
        expect(model.sentenceVector(of: text).count == model.dimension, "a vector of another length")
        if let predictions = try? model.predictions(for: text, limit: nil) {
            expect(predictions.count <= model.labelCount, "more predictions than labels")
            for (first, second) in zip(predictions, predictions.dropFirst()) {
                expect(!(first.probability < second.probability), "predictions are not in order")
            }
        }
        let neighbors = WordNeighbors(model: model, limit: 16).nearest(to: "unseen", count: 5)
        expect(neighbors.count <= min(5, model.wordCount), "more neighbours than words")
    }

    private static let file = MemoryFile(name: "model.bin")
}
