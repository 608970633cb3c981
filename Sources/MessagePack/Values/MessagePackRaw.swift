/// One value in encoded form, to pass on without decoding it.
///
/// In a type coded by this module it encodes by being copied into the output, and decodes by copying the value's bytes out of the input.
/// Other coders cannot express it: there it throws.
public struct MessagePackRaw: Hashable, Sendable {
    /// The encoded value.
    public let bytes: [UInt8]

    /// Wraps `bytes`, which must be one complete value and nothing more. Strings are not checked to be UTF-8.
    public init(_ bytes: [UInt8]) throws(MessagePackError) {
        var reader = MessagePackReader(bytes)
        try reader.skipValue()
        try reader.finish()
        self.bytes = bytes
    }

    /// Wraps bytes that are known to be one complete value.
    init(unchecked bytes: [UInt8]) {
        self.bytes = bytes
    }
}
