#if canImport(Glibc)
internal import Glibc
#elseif canImport(Musl)
internal import Musl
#endif

/// Finds the words that tell clusters apart: those that many texts of a cluster have and few others.
struct KeyTerms: Sendable {
    private static let maximumCount = 5

    /// The distinct words of each text.
    private let words: [Set<Substring>]
    /// In how many texts each word is.
    private var frequencies: [Substring: Int] = [:]

    /// - Parameter texts: Words with single spaces between.
    init(texts: [String]) {
        words = texts.map { Set($0.split(separator: " ")) }
        for words in words {
            for word in words { frequencies[word, default: 0] += 1 }
        }
    }

    /// The terms of a cluster, the most telling first: none if its texts share no word.
    ///
    /// - Parameter texts: The cluster's texts.
    func terms(of texts: [Int]) -> [String] {
        var counts: [Substring: Int] = [:]
        for text in texts {
            for word in words[text] { counts[word, default: 0] += 1 }
        }
        return
            counts
            .filter { $0.value > 1 || texts.count == 1 }
            .map { (word: $0.key, score: score($0.key, count: $0.value, of: texts.count)) }
            .sorted { ($1.score, $0.word) < ($0.score, $1.word) }
            .prefix(Self.maximumCount)
            .map { String($0.word) }
    }

    /// The share of the cluster's texts that have the word, weighed by how rare it is among all texts.
    private func score(_ word: Substring, count: Int, of size: Int) -> Double {
        Double(count) / Double(size) * log(1 + Double(words.count) / Double(frequencies[word] ?? 1))
    }
}
