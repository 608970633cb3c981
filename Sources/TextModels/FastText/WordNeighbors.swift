/// The words of a model's vocabulary that lie in the direction of a vector, for queries by meaning.
///
/// Holds one unit-length vector per word, computed once: `4 × dimension` bytes for each. Bound it with `limit` for large
/// vocabularies; words are ordered by frequency, so the first ones are the useful ones. Answers are those of fastText to the last bit.
public struct WordNeighbors: Sendable {
    /// A word and how near it is.
    public struct Neighbor: Sendable, Hashable {
        /// A word of the vocabulary.
        public let word: String
        /// The cosine of the angle to the query: 1 for the same direction.
        public let similarity: Float
    }

    /// The model whose words are searched.
    public let model: FastTextModel
    private let vectors: InterleavedVectors

    /// - Parameters:
    ///   - model: The model whose words are searched.
    ///   - limit: How many of the most frequent words take part; nil for all.
    public init(model: FastTextModel, limit: Int? = nil) {
        self.model = model
        let count = min(limit.map { max(0, $0) } ?? model.wordCount, model.wordCount)
        vectors = InterleavedVectors(count: count, length: model.dimension) { index, target in
            model.writeVector(ofWordAt: index, to: target)
            let norm = UnsafeBufferPointer(target).norm
            guard norm > 0 else { return }
            let scale = Float(1 / Double(norm))
            for element in target.indices { target[element] *= scale }
        }
    }

    /// The words nearest to a word, without the word itself.
    ///
    /// - Parameters:
    ///   - word: Any word; an unknown one is placed by its sub-words.
    ///   - count: At most this many words.
    /// - Returns: The nearest word first.
    public func nearest(to word: String, count: Int = 10) -> [Neighbor] {
        nearest(to: model.vector(of: word), count: count, excluding: [word])
    }

    /// The words nearest to a vector.
    ///
    /// - Parameters:
    ///   - vector: As many values as the model's dimension.
    ///   - count: At most this many words.
    ///   - excluded: Words to leave out.
    /// - Returns: The nearest word first.
    /// - Precondition: `vector` has as many elements as the model's dimension.
    public func nearest(to vector: [Float], count: Int = 10, excluding excluded: [String] = []) -> [Neighbor] {
        precondition(vector.count == model.dimension, "a vector of this model has \(model.dimension) elements")
        let norm = vector.withUnsafeBufferPointer(\.norm)
        // A query too short to have a direction is left as it is; its similarities are near zero anyway.
        let divisor = norm < 1e-8 ? 1 : norm
        let excludedIndices = Set(excluded.compactMap(model.index(ofWord:)))
        var best = BestScores(limit: max(0, count))
        vectors.forEachDotProduct(with: vector) { index, product in
            if !excludedIndices.contains(index) { best.add(product / divisor, at: index) }
        }
        return best.descending().map { Neighbor(word: model.word(at: $0.index), similarity: $0.score) }
    }

    /// The words that are to `third` as `first` is to `second`: "berlin" − "germany" + "france" is near "paris".
    ///
    /// - Parameters:
    ///   - first: The word that is known, such as "berlin".
    ///   - second: The word that it belongs to, such as "germany".
    ///   - third: The word whose counterpart is looked for, such as "france".
    ///   - count: At most this many words.
    /// - Returns: The nearest word first, without the three given ones.
    public func analogies(_ first: String, minus second: String, plus third: String, count: Int = 10) -> [Neighbor] {
        var query = [Float](repeating: 0, count: model.dimension)
        for (word, sign) in [(first, 1), (second, -1), (third, 1)] as [(String, Float)] {
            let vector = model.vector(of: word)
            let scale = sign * Float(1 / (Double(vector.withUnsafeBufferPointer(\.norm)) + 1e-8))
            for index in query.indices { query[index] += vector[index] * scale }
        }
        return nearest(to: query, count: count, excluding: [first, second, third])
    }

    /// Of several words, the words nearest to each; as ``nearest(to:count:)-(String,_)`` for each of them.
    public func nearest(toEach words: [String], count: Int = 10) -> [[Neighbor]] {
        words.map { nearest(to: $0, count: count) }
    }

    /// Several analogies; each as ``analogies(_:minus:plus:count:)``.
    public func analogies(_ questions: [(first: String, second: String, third: String)], count: Int = 10) -> [[Neighbor]] {
        questions.map { analogies($0.first, minus: $0.second, plus: $0.third, count: count) }
    }
}
