/// What turns texts into vectors that are near each other where the texts mean the same.
public protocol TextEmbedder: Sendable {
    /// Embeds texts.
    ///
    /// - Parameters:
    ///   - texts: The texts, preprocessed.
    ///   - timeout: How long to wait for the vectors.
    /// - Returns: One vector for each text, in the order of the texts, all of one length.
    func embeddings(of texts: [String], timeout: Duration) async throws -> [[Float]]
}
