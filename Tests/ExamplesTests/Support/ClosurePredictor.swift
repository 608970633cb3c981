import FastTextEmbedding
import MLServing

/// A predictor of embeddings that does as a test says.
struct ClosurePredictor: BatchPredictor {
    let embed: @Sendable (Texts) async throws -> Embeddings

    init(_ embed: @escaping @Sendable (Texts) async throws -> Embeddings) {
        self.embed = embed
    }

    func predict(batch inputs: [Texts]) async throws -> [Embeddings] {
        var outputs: [Embeddings] = []
        for input in inputs { outputs.append(try await embed(input)) }
        return outputs
    }
}
