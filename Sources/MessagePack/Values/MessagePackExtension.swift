/// A type that travels as a MessagePack extension: a type code and a payload of its own making.
///
/// This module's coders use the payload wherever such a value occurs, nested or alone; its `Codable` implementation serves other
/// coders, and is tried when a decoder of this module finds anything but an extension.
///
/// The payload is written straight into the output and read straight from the input, so that large ones are copied once.
public protocol MessagePackExtension: Codable {
    /// The type code: 0 to 127 are free for applications, negative ones belong to the specification.
    static var extensionType: Int8 { get }

    /// The exact number of bytes that ``encodePayload(into:)`` appends.
    var payloadByteCount: Int { get }

    /// Appends the payload. An error is passed on to the caller of the encoder.
    func encodePayload(into payload: inout OutputRawSpan) throws

    /// Creates a value from a payload that came from outside: it may have any length and content.
    ///
    /// The bytes have no particular alignment. Throw ``MessagePackError/invalidExtension(_:)`` if they do not follow the type's rules.
    init(payload: RawSpan) throws

    /// Creates a value from a payload, whose memory it may keep instead of copying it; all of the message stays in memory with it.
    ///
    /// By default the value is created from the bytes. The decoder uses this wherever it decodes from an array.
    init(sharedPayload: ArraySlice<UInt8>) throws
}

extension MessagePackExtension {
    /// Creates a value from the bytes.
    public init(sharedPayload: ArraySlice<UInt8>) throws {
        self = try sharedPayload.withUnsafeBytes { try Self(payload: $0.bytes) }
    }
}

extension MessagePackError {
    /// The error for a payload that does not follow the rules of its type; the decoder adds where it was.
    public static func invalidExtension(_ message: String) -> MessagePackError {
        MessagePackError(.invalidExtension, message, byteOffset: 0)
    }
}
