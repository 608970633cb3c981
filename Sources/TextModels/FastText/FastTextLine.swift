/// A line of text as fastText cuts it into words: the runs of bytes between its separators. Line ends count as spaces.
struct FastTextLine: Sequence, IteratorProtocol {
    /// The word that stands for the end of a line.
    static let end = "</s>"
    /// The prefix by which fastText tells an unknown label from an unknown word. A model does not record another choice.
    static let labelPrefix = "__label__"

    private let text: UnsafeRawBufferPointer
    private let zeroSeparates: Bool
    private var index = 0

    /// - Parameters:
    ///   - text: UTF-8, lent for as long as the words are in use.
    ///   - zeroSeparates: Whether a zero byte ends a word, which it does for supervised models only.
    init(_ text: UnsafeRawBufferPointer, zeroSeparates: Bool) {
        self.text = text
        self.zeroSeparates = zeroSeparates
    }

    mutating func next() -> UnsafeRawBufferPointer? {
        while index < text.count, isSeparator(text[index]) { index += 1 }
        guard index < text.count else { return nil }
        let start = index
        while index < text.count, !isSeparator(text[index]) { index += 1 }
        return UnsafeRawBufferPointer(rebasing: text[start..<index])
    }

    private func isSeparator(_ byte: UInt8) -> Bool {
        guard byte <= 0x20 else { return false }
        // Tab, line feed, vertical tab, form feed, carriage return; space; zero.
        return byte == 0x20 || (0x09...0x0D).contains(byte) || (byte == 0 && zeroSeparates)
    }
}
