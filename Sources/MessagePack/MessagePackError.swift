/// A failure to read MessagePack: what was wrong, and at which byte.
///
/// ``MessagePackReader`` throws it directly. ``MessagePackDecoder`` throws `DecodingError`, as every decoder does, and keeps this
/// error as the underlying error of its context whenever the bytes are at fault.
public struct MessagePackError: Error, Hashable, Sendable {
    /// The kind of failure. New kinds may be added: match the ones you know and treat the rest alike.
    public struct Code: RawRepresentable, Hashable, Sendable, CustomStringConvertible {
        /// The stable name of the code, fit for logs and metrics.
        public let rawValue: String

        /// Creates a code from its name.
        public init(rawValue: String) {
            self.rawValue = rawValue
        }

        /// The input ends inside a value, or a header claims more than the rest of the input can hold.
        public static let truncated = Code(rawValue: "truncated")
        /// The byte 0xC1, which the format never uses.
        public static let reservedByte = Code(rawValue: "reservedByte")
        /// The next value is of another type than the one asked for.
        public static let typeMismatch = Code(rawValue: "typeMismatch")
        /// The number cannot be represented in the type asked for.
        public static let outOfRange = Code(rawValue: "outOfRange")
        /// A string is not valid UTF-8.
        public static let invalidUTF8 = Code(rawValue: "invalidUTF8")
        /// A map to be read by key has a key that is neither a string nor an integer of at most 64 bits, signed.
        public static let invalidKey = Code(rawValue: "invalidKey")
        /// A map to be read by key has the same key twice.
        public static let duplicateKey = Code(rawValue: "duplicateKey")
        /// Arrays and maps are nested deeper than ``MessagePackLimits/maximumDepth``.
        public static let depthExceeded = Code(rawValue: "depthExceeded")
        /// The input is longer than ``MessagePackLimits/maximumByteCount``.
        public static let sizeExceeded = Code(rawValue: "sizeExceeded")
        /// Bytes follow the value that should have been the last.
        public static let trailingBytes = Code(rawValue: "trailingBytes")
        /// The payload of an extension does not follow the rules of its type.
        public static let invalidExtension = Code(rawValue: "invalidExtension")

        /// The stable name of the code.
        public var description: String { rawValue }
    }

    /// The kind of failure.
    public var code: Code
    /// What happened, in a sentence for people.
    public var message: String
    /// Where in the input the offending value begins, counted from its first byte.
    public var byteOffset: Int

    /// Creates an error.
    public init(_ code: Code, _ message: String, byteOffset: Int) {
        self.code = code
        self.message = message
        self.byteOffset = byteOffset
    }
}

extension MessagePackError: CustomStringConvertible {
    /// The message with the code and the offset.
    public var description: String {
        "\(message) (\(code), at byte \(byteOffset))"
    }
}

extension MessagePackError {
    @inline(never)
    static func truncated(at offset: Int, needs count: Int, has available: Int) -> MessagePackError {
        MessagePackError(
            .truncated, "the input ends inside a value: \(count) more bytes needed, \(max(available, 0)) left", byteOffset: offset)
    }

    @inline(never)
    static func mismatch(at offset: Int, expected: String, tag: UInt8) -> MessagePackError {
        guard let type = MessagePackType(tag: tag) else { return .reserved(at: offset) }
        return MessagePackError(.typeMismatch, "expected \(expected), found \(type)", byteOffset: offset)
    }

    @inline(never)
    static func outOfRange(at offset: Int, _ value: some CustomStringConvertible, _ type: Any.Type) -> MessagePackError {
        MessagePackError(.outOfRange, "the number \(value) cannot be represented as \(type)", byteOffset: offset)
    }

    @inline(never)
    static func reserved(at offset: Int) -> MessagePackError {
        MessagePackError(.reservedByte, "the byte 0xc1 begins no MessagePack value", byteOffset: offset)
    }

    @inline(never)
    static func duplicateKey(at offset: Int) -> MessagePackError {
        MessagePackError(.duplicateKey, "a map has the same key twice", byteOffset: offset)
    }

    @inline(never)
    static func invalidKey(at offset: Int) -> MessagePackError {
        MessagePackError(.invalidKey, "a map has a key that is neither a string nor a signed integer", byteOffset: offset)
    }

    @inline(never)
    static func depth(at offset: Int, limit: Int) -> MessagePackError {
        MessagePackError(
            .depthExceeded, "arrays and maps are nested \(limit + 1) deep or deeper, and maximumDepth is \(limit)", byteOffset: offset)
    }
}
