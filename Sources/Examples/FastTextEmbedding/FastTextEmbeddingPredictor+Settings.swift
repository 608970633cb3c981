internal import FoundationEssentials
public import Logging
public import MLServing
internal import TextModels

extension FastTextEmbeddingPredictor {
    /// Opens the model that the key `MODEL_PATH` names, and logs what it is.
    ///
    /// - Throws: `ConfigurationError` when the key has no value, ``TextModels/FastTextError`` when the file cannot be read or is no intact model.
    public init(from reader: SettingsReader, logger: Logger) throws {
        let path = try reader.requiredString("MODEL_PATH", expected: "the path of a fastText model, .bin or .ftz")
        let start = ContinuousClock.now
        try self.init(modelPath: path)
        let time = ContinuousClock.now - start
        logger.info(
            "Opened the fastText model",
            metadata: [
                "path": "\(path)", "megabytes": "\(Self.megabytes(ofFileAt: path))", "words": "\(model.wordCount)",
                "dimension": "\(model.dimension)", "embedding_dimension": "\(dimension)", "load_time": "\(time)",
            ]
        )
    }

    private static func megabytes(ofFileAt path: String) -> Int {
        let size = (try? FileManager.default.attributesOfItem(atPath: path))?[.size] as? any BinaryInteger
        return size.map { Int($0) / 1_000_000 } ?? 0
    }
}
