#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#endif

/// Turns a short text into one vector of three parts, each as long as a word vector.
///
/// The text is split at runs of characters that are neither letters, digits nor underscores, and repeated words count once.
/// The parts are:
/// 1. the mean of the words' vectors at unit length, leaving out vectors of length zero;
/// 2. the word vector with the smallest Euclidean norm;
/// 3. the word vector with the largest.
///
/// The answer depends on the set of words only: words are taken in the order of their UTF-8 bytes, and of two words with the same
/// norm the first in that order is meant. A text without words becomes zeros.
///
/// The text is taken as it is: bring it into the form that the model was trained on, usually lower case, with ``TextPreprocessor``.
public struct ShortTextEmbedder: Sendable {
    /// The model that gives the word vectors.
    public let model: FastTextModel

    /// - Parameter model: The model that gives the word vectors.
    public init(model: FastTextModel) {
        self.model = model
    }

    /// The length of an embedding: three times that of a word vector.
    public var dimension: Int { 3 * model.dimension }

    /// Embeds one text.
    ///
    /// - Returns: ``dimension`` values.
    public func embedding(of text: String) -> [Float] {
        [Float](unsafeUninitializedCapacity: dimension) { target, count in
            write(text, to: UnsafeMutableBufferPointer(rebasing: target[..<dimension]))
            count = dimension
        }
    }

    /// Embeds several texts.
    ///
    /// - Returns: ``dimension`` values per text, in the order of `texts`.
    public func embeddings(of texts: [String]) -> [[Float]] {
        texts.map(embedding(of:))
    }

    /// Writes the embedding of a text over `target`.
    ///
    /// - Precondition: `target` has ``dimension`` elements.
    public func writeEmbedding(of text: String, to target: inout MutableSpan<Float>) {
        target.withUnsafeMutableBufferPointer { write(text, to: $0) }
    }

    private func write(_ text: String, to target: UnsafeMutableBufferPointer<Float>) {
        precondition(target.count == dimension, "an embedding has \(dimension) elements")
        target.update(repeating: 0)
        var text = text
        text.withUTF8 { utf8 in
            var parts = Parts(of: target, dimension: model.dimension)
            model.file.withUnsafeBytes { bytes in
                withUnsafeTemporaryAllocation(of: Float.self, capacity: model.dimension) { vector in
                    for word in Self.distinctWords(of: utf8) {
                        model.write(word, to: vector, in: bytes)
                        parts.add(UnsafeBufferPointer(vector))
                    }
                }
            }
            parts.finish()
        }
    }

    /// The set of words, in the order of their bytes.
    ///
    /// Sorted bytes rather than a `Set<String>`: strings that differ in normalisation only are equal to Swift and not to a model.
    private static func distinctWords(of utf8: UnsafeBufferPointer<UInt8>) -> [UnsafeRawBufferPointer] {
        var words = WordSplitter.ranges(of: utf8).map { UnsafeRawBufferPointer(rebasing: UnsafeRawBufferPointer(utf8)[$0]) }
        words.sort { compare($0, $1) < 0 }
        var distinct = words
        distinct.removeAll()
        for word in words where distinct.last.map({ compare($0, word) != 0 }) ?? true { distinct.append(word) }
        return distinct
    }

    private static func compare(_ first: UnsafeRawBufferPointer, _ second: UnsafeRawBufferPointer) -> Int {
        guard let firstBase = first.baseAddress, let secondBase = second.baseAddress else { return first.count - second.count }
        let order = memcmp(firstBase, secondBase, min(first.count, second.count))
        return order == 0 ? first.count - second.count : Int(order)
    }
}

extension ShortTextEmbedder {
    /// The three parts of an embedding while words are added.
    ///
    /// Holds pointers into the caller's buffer: valid only inside the call that lent it.
    private struct Parts {
        private let mean: UnsafeMutableBufferPointer<Float>
        private let smallest: UnsafeMutableBufferPointer<Float>
        private let largest: UnsafeMutableBufferPointer<Float>
        private var smallestNorm = Float.infinity
        private var largestNorm = -Float.infinity
        private var meanCount = 0

        init(of target: UnsafeMutableBufferPointer<Float>, dimension: Int) {
            mean = UnsafeMutableBufferPointer(rebasing: target[..<dimension])
            smallest = UnsafeMutableBufferPointer(rebasing: target[dimension..<2 * dimension])
            largest = UnsafeMutableBufferPointer(rebasing: target[(2 * dimension)...])
        }

        mutating func add(_ vector: UnsafeBufferPointer<Float>) {
            let norm = UnalignedFloats(UnsafeRawBufferPointer(vector), at: 0, count: vector.count)
                .dotProduct(with: vector).squareRoot()
            if norm < smallestNorm {
                smallestNorm = norm
                _ = smallest.update(from: vector)
            }
            if norm > largestNorm {
                largestNorm = norm
                _ = largest.update(from: vector)
            }
            if norm > 0 {
                for index in mean.indices { mean[index] += vector[index] / norm }
                meanCount += 1
            }
        }

        func finish() {
            guard meanCount > 0 else { return }
            for index in mean.indices { mean[index] /= Float(meanCount) }
        }
    }
}
