/// Brings a short English text into the form that is embedded: lower case, without stop words and words of one or two characters.
///
/// In this order: lower-case; `&` becomes ` and `; words are taken, where an apostrophe inside a word belongs to it; stop words are
/// dropped; what remains of a word with an apostrophe is split there; stop words and words of up to two characters (Unicode
/// scalars) are dropped. The words that remain are joined by single spaces, so nothing is left to trim.
public struct TextPreprocessor: Sendable {
    private let stopWords: Set<String>
    private let shortestLength: Int

    /// - Parameters:
    ///   - stopWords: Words to drop, in lower case, with `'` as the apostrophe.
    ///   - shortestLength: The length, in Unicode scalars, from which on a word is kept.
    public init(stopWords: Set<String> = StopWords.english, shortestLength: Int = 3) {
        self.stopWords = stopWords
        self.shortestLength = shortestLength
    }

    /// The words of `text` that carry its meaning, joined by single spaces.
    public func preprocess(_ text: String) -> String {
        words(of: text).joined(separator: " ")
    }

    /// The words of `text` that carry its meaning, in their order.
    public func words(of text: String) -> [String] {
        text.lowercased().unicodeScalars
            .split { !$0.isWordCharacter && !Self.isApostrophe($0) }
            .flatMap { parts(of: $0) }
    }

    /// The parts of a run of word characters and apostrophes that are kept.
    private func parts(of run: Substring.UnicodeScalarView) -> [String] {
        let parts = run.split(whereSeparator: Self.isApostrophe)
        guard parts.count == 1 || !stopWords.contains(parts.map(String.init).joined(separator: "'")) else { return [] }
        return parts.filter { $0.count >= shortestLength }.map(String.init).filter { !stopWords.contains($0) }
    }

    private static func isApostrophe(_ scalar: Unicode.Scalar) -> Bool {
        scalar == "'" || scalar == "\u{2019}"
    }
}
