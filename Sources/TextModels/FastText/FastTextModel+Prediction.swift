#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#endif

extension FastTextModel {
    /// A label and how sure the model is of it.
    public struct Prediction: Sendable, Hashable {
        /// The label as the training text spelt it, with its prefix.
        public let label: String
        /// Between 0 and 1, give or take fastText's smoothing, which adds 1e-5.
        public let probability: Float
    }

    /// The labels that fit a text best.
    ///
    /// - Parameters:
    ///   - text: One line; line ends inside count as spaces.
    ///   - limit: At most this many labels; nil for all.
    ///   - threshold: Labels of a smaller probability are left out.
    /// - Returns: Labels from the most probable to the least; none if the text has no feature that the model knows.
    /// - Throws: ``FastTextError`` if the model is not supervised or `limit` is below 1.
    public func predictions(
        for text: String, limit: Int? = 1, threshold: Float = 0
    ) throws(FastTextError) -> [Prediction] {
        try rankedLabels(for: text, limit: limit, threshold: threshold).map {
            Prediction(label: label(at: $0.index), probability: $0.probability)
        }
    }

    /// The labels that fit a text best, by their indices.
    func rankedLabels(
        for text: String, limit: Int?, threshold: Float
    ) throws(FastTextError) -> [(index: Int, probability: Float)] {
        guard let classifier else {
            throw FastTextError(.notSupervised, "the model predicts no labels; train one with `fasttext supervised`", path: path)
        }
        if let limit, limit < 1 {
            throw FastTextError(.invalidArgument, "a limit of \(limit) labels; ask for 1 or more, or nil for all", path: path)
        }
        var best = BestScores(limit: min(limit ?? labelCount, labelCount))
        file.withUnsafeBytes { bytes in
            withUnsafeTemporaryAllocation(of: Float.self, capacity: dimension) { hidden in
                let featureCount = withBytes(of: text) { writeFeatureMean(of: $0, to: hidden, in: bytes) }
                guard featureCount > 0 else { return }
                classifier.score(UnsafeBufferPointer(hidden), output: output, in: bytes, threshold: threshold, into: &best)
            }
        }
        return best.descending().map { ($0.index, exp($0.score)) }
    }
}
