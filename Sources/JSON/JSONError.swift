/// Why a text is not JSON, or why it is refused: what was wrong, and where.
///
/// ``JSONReader`` throws it for the text itself. A text that is JSON but not a value of the type asked for ends in a `DecodingError`, as with
/// every decoder. The message never contains more than a short, printable part of the text.
public struct JSONError: Error, Hashable, Sendable {
    /// The kind of failure. New kinds may be added: match the ones you know and treat the rest alike.
    public struct Code: RawRepresentable, Hashable, Sendable, CustomStringConvertible {
        /// The stable name of the code, fit for logs and metrics.
        public let rawValue: String

        /// Makes a code of its name.
        public init(rawValue: String) {
            self.rawValue = rawValue
        }

        /// The text ends inside a value, or is empty.
        public static let truncated = Code(rawValue: "truncated")
        /// A byte that cannot stand where it stands (RFC 8259, section 2).
        public static let unexpectedByte = Code(rawValue: "unexpectedByte")
        /// A number that does not follow the grammar, such as `01`, `.5` or `1.` (section 6).
        public static let invalidNumber = Code(rawValue: "invalidNumber")
        /// A backslash that begins no escape, or half of a surrogate pair without the other (section 7).
        public static let invalidEscape = Code(rawValue: "invalidEscape")
        /// A control character in a string that is not escaped (section 7).
        public static let controlCharacter = Code(rawValue: "controlCharacter")
        /// A string is not valid UTF-8 (section 8.1).
        public static let invalidUTF8 = Code(rawValue: "invalidUTF8")
        /// The text begins with a byte order mark (section 8.1).
        public static let byteOrderMark = Code(rawValue: "byteOrderMark")
        /// More than space follows the value.
        public static let trailingBytes = Code(rawValue: "trailingBytes")
        /// An object has a member twice, where that matters.
        public static let duplicateName = Code(rawValue: "duplicateName")
        /// The value is of another kind than the one asked for.
        public static let unexpectedValue = Code(rawValue: "unexpectedValue")
        /// Arrays and objects nest deeper than ``JSONLimits/maximumDepth``.
        public static let depthExceeded = Code(rawValue: "depthExceeded")
        /// The text is longer than ``JSONLimits/maximumByteCount``.
        public static let sizeExceeded = Code(rawValue: "sizeExceeded")
        /// The text has more values than ``JSONLimits/maximumValueCount``.
        public static let valueCountExceeded = Code(rawValue: "valueCountExceeded")

        /// The stable name of the code.
        public var description: String { rawValue }
    }

    /// The kind of failure.
    public let code: Code
    /// What happened, in a sentence for people.
    public let message: String
    /// Where in the text, in bytes from its start.
    public let byteOffset: Int
    /// The line, counted from 1.
    public let line: Int
    /// The character in that line, counted from 1.
    public let column: Int
    /// The way to the value, such as `$.texts[3]`; `$` is the whole text.
    public let path: String
}

extension JSONError: CustomStringConvertible {
    /// The message with the code and the place.
    public var description: String {
        "\(message) (\(code), at byte \(byteOffset), line \(line), column \(column)\(path == "$" ? "" : ", in \(path)"))"
    }
}
