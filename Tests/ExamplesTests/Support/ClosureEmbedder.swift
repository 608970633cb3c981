@testable import TextClusteringService

/// An embedder that does as a test says.
struct ClosureEmbedder: TextEmbedder {
    let embed: @Sendable ([String]) async throws -> [[Float]]

    init(_ embed: @escaping @Sendable ([String]) async throws -> [[Float]]) {
        self.embed = embed
    }

    func embeddings(of texts: [String], timeout: Duration) async throws -> [[Float]] {
        try await embed(texts)
    }
}
