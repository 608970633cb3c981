/// A line of text as fastText cuts it into words.
enum FastTextLine {
    /// The word that stands for the end of a line.
    static let end = "</s>"
    /// The prefix by which fastText tells an unknown label from an unknown word. A model does not record another choice.
    static let labelPrefix = "__label__"

    /// The runs of bytes between fastText's separators; line ends count as spaces.
    static func words(of text: UnsafeRawBufferPointer) -> [UnsafeRawBufferPointer] {
        text.split(whereSeparator: isSeparator).map { UnsafeRawBufferPointer(rebasing: $0) }
    }

    private static func isSeparator(_ byte: UInt8) -> Bool {
        // Zero; tab, line feed, vertical tab, form feed, carriage return; space.
        byte == 0 || (0x09...0x0D).contains(byte) || byte == 0x20
    }
}
