public import MLServing

/// A model behind the broker embeds texts.
extension ProducerClient: TextEmbedder where Input == String, Output == [Float] {
    /// Asks for the vectors of all texts in one request.
    ///
    /// - Throws: ``MLServingCore/ServingError`` when the request failed, or any text of it.
    public func embeddings(of texts: [String], timeout: Duration) async throws -> [[Float]] {
        try await predict(batch: texts, timeout: timeout).map { try $0.get() }
    }
}
