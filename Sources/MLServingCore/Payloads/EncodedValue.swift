/// A value as it travels: its bytes and what they are.
///
/// A predictor whose input is an encoded value gets the bytes of each request without decoding, and an output that is an encoded value is
/// stored as it is. So an echo returns any payload unchanged, and a caller may pass on what it does not understand.
public struct EncodedValue: Codable, Sendable, Hashable {
    /// What the bytes are.
    public var contentType: ContentType

    /// Exactly one value, encoded.
    public var bytes: ArraySlice<UInt8>

    /// Makes an encoded value.
    public init(contentType: ContentType, bytes: ArraySlice<UInt8>) {
        self.contentType = contentType
        self.bytes = bytes
    }

    /// Always throws: encoded values pass beside coders, not through them.
    public init(from decoder: any Decoder) throws {
        throw DecodingError.dataCorrupted(
            .init(codingPath: decoder.codingPath, debugDescription: "an encoded value can only be a whole input or output")
        )
    }

    /// Always throws: encoded values pass beside coders, not through them.
    public func encode(to encoder: any Encoder) throws {
        throw EncodingError.invalidValue(
            self,
            .init(codingPath: encoder.codingPath, debugDescription: "an encoded value can only be a whole input or output")
        )
    }
}
