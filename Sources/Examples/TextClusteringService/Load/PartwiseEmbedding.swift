internal import MLServing

/// Has many texts embedded in parts, several at a time, so that all consumers share one caller's work.
struct PartwiseEmbedding: Sendable {
    let embedder: any TextEmbedder
    /// The most texts of a part.
    let textsPerPart: Int
    /// How many parts are under way at once.
    let maximumConcurrentParts: Int

    /// Embeds texts.
    ///
    /// - Parameters:
    ///   - texts: The texts, preprocessed.
    ///   - deadline: Until when all vectors have to be there.
    ///   - progress: Is told the number of texts that are embedded, after each part.
    /// - Returns: One vector for each text, in the order of the texts.
    /// - Throws: What the embedder throws for any part, after the others have been cancelled; ``MLServingCore/ServingError`` with `invalidOutput`
    ///   if the number of vectors is wrong.
    func embeddings(
        of texts: [String], until deadline: ContinuousClock.Instant, progress: (Int) -> Void
    ) async throws -> [[Float]] {
        var parts = stride(from: 0, to: texts.count, by: textsPerPart).map { $0..<min(texts.count, $0 + textsPerPart) }.makeIterator()
        return try await withThrowingTaskGroup(of: (Range<Int>, [[Float]]).self) { group in
            func addNext() {
                guard let part = parts.next() else { return }
                group.addTask { (part, try await vectors(of: Array(texts[part]), until: deadline)) }
            }
            for _ in 0..<maximumConcurrentParts { addNext() }
            var all = [[Float]](repeating: [], count: texts.count)
            var count = 0
            while let (part, embedded) = try await group.next() {
                all.replaceSubrange(part, with: embedded)
                count += part.count
                progress(count)
                addNext()
            }
            return all
        }
    }

    private func vectors(of texts: [String], until deadline: ContinuousClock.Instant) async throws -> [[Float]] {
        let vectors = try await embedder.embeddings(of: texts, timeout: deadline - .now)
        guard vectors.count == texts.count else {
            throw ServingError(code: .invalidOutput, message: "\(vectors.count) vectors came for \(texts.count) texts")
        }
        return vectors
    }
}
