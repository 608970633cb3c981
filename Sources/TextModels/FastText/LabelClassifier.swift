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
            Self.withDotProducts(of: output, hidden, in: bytes) { values in
                let greatest = values.max() ?? 0
                var sum: Float = 0
                for index in values.indices {
                    // By the function for 64 bits, which is the one that fastText gets.
                    values[index] = Float(exp(Double(values[index] - greatest)))
                    sum += values[index]
                }
                for index in values.indices { values[index] /= sum }
                best.add(values, threshold: threshold)
            }
        case .independent:
            Self.withDotProducts(of: output, hidden, in: bytes) { values in
                for index in values.indices { values[index] = Sigmoid.tabulated(values[index]) }
                best.add(values, threshold: threshold)
            }
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

    private static func withDotProducts(
        of output: WeightMatrix, _ hidden: UnsafeBufferPointer<Float>, in bytes: UnsafeRawBufferPointer,
        _ body: (UnsafeMutableBufferPointer<Float>) -> Void
    ) {
        withUnsafeTemporaryAllocation(of: Float.self, capacity: output.rowCount) { values in
            output.writeDotProducts(with: hidden, to: values, in: bytes)
            body(values)
        }
    }
}

extension BestScores {
    /// Keeps the best of probabilities that reach a threshold, by their smoothed logarithms.
    fileprivate mutating func add(_ probabilities: UnsafeMutableBufferPointer<Float>, threshold: Float) {
        // Below this a probability's logarithm cannot reach the bar. Most logarithms are never taken.
        var hopeless = -Float.infinity
        for (index, probability) in probabilities.enumerated() where probability >= threshold && probability >= hopeless {
            add(LabelClassifier.smoothedLogarithm(probability), at: index)
            // The margin is four times what rounding a logarithm above -12 can make of it.
            if let bar { hopeless = Float((exp(Double(bar)) * (1 - 4e-6) - 1e-5).nextDown) }
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
