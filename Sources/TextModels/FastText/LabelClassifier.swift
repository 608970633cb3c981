#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#endif

/// Scores labels against the hidden vector of a text, in the way the model's loss demands.
///
/// Scores are logarithms of probabilities smoothed by 1e-5, which is what fastText ranks by and turns back into probabilities.
enum LabelClassifier: Sendable {
    /// One distribution over all labels.
    case softmax
    /// A probability of its own for each label.
    case independent
    /// A product of binary decisions along the way to the label.
    case tree(HuffmanTree)

    /// - Parameter hidden: The mean of the text's features; as long as `output` has columns.
    func score(
        _ hidden: UnsafeBufferPointer<Float>, output: WeightMatrix, in bytes: UnsafeRawBufferPointer, threshold: Float,
        into best: inout BestScores
    ) {
        switch self {
        case .softmax:
            var values = (0..<output.rowCount).map { output.dotProduct(row: $0, with: hidden, in: bytes) }
            let greatest = values.max() ?? 0
            for index in values.indices { values[index] = exp(values[index] - greatest) }
            let sum = values.reduce(0, +)
            Self.add(values.lazy.map { $0 / sum }, threshold: threshold, into: &best)
        case .independent:
            let values = (0..<output.rowCount).lazy.map { Sigmoid.tabulated(output.dotProduct(row: $0, with: hidden, in: bytes)) }
            Self.add(values, threshold: threshold, into: &best)
        case .tree(let tree):
            tree.score(threshold: Self.smoothedLogarithm(threshold), into: &best) { row in
                Sigmoid.exact(output.dotProduct(row: row, with: hidden, in: bytes))
            }
        }
    }

    /// The natural logarithm of a probability, kept finite for 0.
    static func smoothedLogarithm(_ probability: Float) -> Float {
        Float(log(Double(probability) + 1e-5))
    }

    private static func add(_ probabilities: some Sequence<Float>, threshold: Float, into best: inout BestScores) {
        for (index, probability) in probabilities.enumerated() where probability >= threshold {
            best.add(smoothedLogarithm(probability), at: index)
        }
    }
}

extension LabelClassifier {
    /// The classifier of a supervised model; nil for other models.
    init?(
        parameters: FastTextParameters, dictionary: FastTextDictionary, reader: ModelFileReader, in bytes: UnsafeRawBufferPointer
    ) throws(FastTextError) {
        guard parameters.architecture == .supervised else { return nil }
        switch parameters.loss {
        case .softmax: self = .softmax
        case .negativeSampling, .oneVersusAll: self = .independent
        case .hierarchicalSoftmax:
            let counts = (dictionary.wordCount..<dictionary.count).map { dictionary.frequency(at: $0, in: bytes) }
            guard let tree = HuffmanTree(counts: counts) else {
                throw reader.corrupt("the counts of the \(counts.count) labels make no Huffman tree")
            }
            self = .tree(tree)
        }
    }
}
