public import MLServing
public import TextModels

/// Embeds short texts with a fastText model: what the `fasttext-consumer` serves.
///
/// Each text becomes one vector of three parts, see ``TextModels/ShortTextEmbedder``: 3 × the model's dimension. Texts are taken as they are; bring
/// them into the form that the model was trained on before.
///
/// ```swift
/// let predictor = try FastTextEmbeddingPredictor(modelPath: "model.bin")
/// try await ConsumerRunner(predictor).run()
/// ```
///
/// Whoever asks chooses the shape, one text or a list of texts in one request; both of these work:
///
/// ```swift
/// let single = ProducerClient<String, [Float]>()
/// let vector = try await single.predict("door")
///
/// let whole = ProducerClient<[String], [[Float]]>()
/// let vectors = try await whole.predict(["door", "bull"])
/// ```
public struct FastTextEmbeddingPredictor: BatchPredictor {
    private let embedder: ShortTextEmbedder

    /// Embeds with a model that is open already.
    public init(model: FastTextModel) {
        embedder = ShortTextEmbedder(model: model)
    }

    /// Opens a model.
    ///
    /// - Parameter modelPath: A `.bin` or `.ftz` file.
    /// - Throws: ``TextModels/FastTextError`` when the file cannot be read or is no intact fastText model.
    public init(modelPath: String) throws(FastTextError) {
        self.init(model: try FastTextModel(path: modelPath))
    }

    /// The model that gives the word vectors.
    public var model: FastTextModel { embedder.model }

    /// The length of the vector of a text.
    public var dimension: Int { embedder.dimension }

    /// Embedding a text takes microseconds, so the most that a batch saves is the way to the prediction thread and back.
    public var batchLimits: BatchLimits { BatchLimits(maximumCount: 256) }

    /// A word, so that the consumer is ready before the first request.
    public var warmUpInputs: [Texts] { [.one("warm")] }

    /// Embeds each text, or each list of texts.
    ///
    /// - Returns: For a text ``dimension`` values, for a list as many vectors as it has texts.
    /// - Throws: `CancellationError` when nobody waits for the result any more.
    public func predict(batch inputs: [Texts]) async throws -> [Embeddings] {
        try inputs.map { input in
            switch input {
            case .one(let text): .one(embedder.embedding(of: text))
            case .list(let texts): .list(try texts.map(embeddingUnlessCancelled))
            }
        }
    }

    /// A list may be long, so its end is not the first occasion to stop.
    private func embeddingUnlessCancelled(of text: String) throws -> [Float] {
        try Task.checkCancellation()
        return embedder.embedding(of: text)
    }
}
