/// Vectors as fastText's tools print them: a word or text, then its values with five significant digits.
enum VectorText {
    /// The values at the end of each line.
    static func vectors(in output: String, dimension: Int) -> [[Float]] {
        output.split(separator: "\n").map { line in line.split(separator: " ").suffix(dimension).compactMap { Float($0) } }
    }

    /// Whether each printed value is the rounded form of the computed one.
    static func matches(_ computed: [Float], _ printed: [Float]) -> Bool {
        computed.count == printed.count
            && zip(computed, printed).allSatisfy { abs($0 - $1) <= max(abs($0), abs($1)) * 6e-5 + 1e-12 }
    }
}
