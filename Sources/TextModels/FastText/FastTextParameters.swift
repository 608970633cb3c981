/// The settings a model was trained with, as stored in its header.
public struct FastTextParameters: Sendable, Hashable {
    /// What the model learnt to predict.
    public enum Architecture: Int32, Sendable {
        /// A word from the words around it (`fasttext cbow`).
        case continuousBagOfWords = 1
        /// The words around a word (`fasttext skipgram`).
        case skipGram = 2
        /// Labels from a text (`fasttext supervised`).
        case supervised = 3
    }

    /// How outputs become probabilities.
    public enum Loss: Int32, Sendable {
        /// A Huffman tree over the outputs, one binary decision per node.
        case hierarchicalSoftmax = 1
        /// Independent sigmoids, trained against sampled negatives.
        case negativeSampling = 2
        /// One distribution over all outputs.
        case softmax = 3
        /// Independent sigmoids, trained against all outputs.
        case oneVersusAll = 4
    }

    /// The version of the file format, 11 or 12.
    public let version: Int
    /// The length of a vector.
    public let dimension: Int
    /// Words to either side that training looked at.
    public let window: Int
    /// Passes over the training text.
    public let epochs: Int
    /// Word n-grams up to this length are features of a supervised model; 1 means words only.
    public let wordNGrams: Int
    /// How outputs become probabilities.
    public let loss: Loss
    /// What the model learnt to predict.
    public let architecture: Architecture
    /// The number of rows that sub-words and word n-grams are hashed into.
    public let bucketCount: Int
    /// The shortest sub-word, in characters.
    public let minimumSubwordLength: Int
    /// The longest sub-word, in characters; 0 when the model has none.
    public let maximumSubwordLength: Int
}

extension FastTextParameters {
    /// "2f4f16ba" as fastText writes it.
    private static let magic: Int32 = 793_712_314

    init(from reader: inout ModelFileReader) throws(FastTextError) {
        guard try reader.integer("the magic number", as: Int32.self) == Self.magic else {
            throw reader.failure(
                .foreign, "this is no fastText model: the magic number is missing; give a .bin or .ftz file, not .vec or text", at: 0)
        }
        let version = try reader.integer("the format version", as: Int32.self)
        guard version == 11 || version == 12 else {
            throw reader.failure(
                .unsupportedVersion, "format version \(version); versions 11 and 12 can be read, train the model with fastText 0.9",
                at: 4)
        }
        self.version = Int(version)
        dimension = try reader.count("the dimension")
        window = try reader.count("the window")
        epochs = try reader.count("the number of epochs")
        _ = try reader.integer("the minimum count", as: Int32.self)
        _ = try reader.integer("the number of negatives", as: Int32.self)
        wordNGrams = try reader.count("the length of word n-grams")
        loss = try Self.choice("the loss", &reader)
        architecture = try Self.choice("the architecture", &reader)
        bucketCount = try reader.count("the number of buckets")
        minimumSubwordLength = try reader.count("the shortest sub-word")
        let maximum = try reader.count("the longest sub-word")
        // Version 11 wrote the default into supervised models although they were trained without sub-words.
        maximumSubwordLength = version == 11 && architecture == .supervised ? 0 : maximum
        _ = try reader.integer("the learning rate's update rate", as: Int32.self)
        _ = try reader.integer("the sampling threshold", as: UInt64.self)
    }

    private static func choice<Choice: RawRepresentable<Int32>>(
        _ what: StaticString, _ reader: inout ModelFileReader
    ) throws(FastTextError) -> Choice {
        let start = reader.offset
        let value = try reader.integer(what, as: Int32.self)
        guard let choice = Choice(rawValue: value) else { throw reader.corrupt("\(what) is \(value)", at: start) }
        return choice
    }
}
