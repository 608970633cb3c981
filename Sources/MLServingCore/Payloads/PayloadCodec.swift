/// Reads and writes the payloads of one content type.
///
/// Besides values it knows two frames, so that neither the runner nor the client decodes what it only passes on: a list whose elements can be
/// told apart without decoding them, and the ``ResultRecord``.
public protocol PayloadCodec: Sendable {
    /// What the codec reads and writes.
    var contentType: ContentType { get }

    /// Encodes a value.
    func encode<Value: Encodable>(_ value: Value) throws -> [UInt8]

    /// Decodes exactly one value.
    func decode<Value: Decodable>(_ type: Value.Type, from bytes: ArraySlice<UInt8>) throws -> Value

    /// Checks that the bytes are exactly one value, as far as framing goes, without decoding it.
    func check(value bytes: ArraySlice<UInt8>) throws

    /// The one form that all encodings of a value have, to compare values by; need not be decodable. By default the bytes as they are.
    ///
    /// - Throws: When the bytes are not one well-formed value.
    func canonical(value bytes: ArraySlice<UInt8>) throws -> ArraySlice<UInt8>

    /// The encoded elements of an encoded list.
    ///
    /// - Throws: When the bytes are not one well-formed list.
    func split(list bytes: ArraySlice<UInt8>) throws -> [ArraySlice<UInt8>]

    /// How many elements an encoded list has or claims to have, told in no memory to speak of; `nil` if that takes reading it, or it is no list.
    /// By default `nil`.
    func count(ofList bytes: ArraySlice<UInt8>) -> Int?

    /// An encoded list of encoded elements.
    ///
    /// - Throws: When an element is not one well-formed value, as far as the codec has to look at it.
    func join(list elements: [ArraySlice<UInt8>]) throws -> [UInt8]

    /// Encodes a record whose values are encoded already.
    func encode(record: ResultRecord) throws -> [UInt8]

    /// Decodes a record and leaves its values encoded.
    func decode(recordFrom bytes: ArraySlice<UInt8>) throws -> ResultRecord
}

extension PayloadCodec {
    /// `nil`: that takes reading it.
    public func count(ofList bytes: ArraySlice<UInt8>) -> Int? { nil }

    /// The bytes as they are.
    public func canonical(value bytes: ArraySlice<UInt8>) throws -> ArraySlice<UInt8> { bytes }

    /// Encodes a value, or takes one as it is that is encoded already.
    ///
    /// - Throws: ``ServingError`` when an encoded value is of another content type.
    func payload<Value: Encodable>(_ value: Value) throws -> ArraySlice<UInt8> {
        // A cast alone takes longer than comparing types does.
        guard Value.self == EncodedValue.self, let encoded = value as? EncodedValue else { return try encode(value)[...] }
        guard encoded.contentType == contentType else {
            throw ServingError(
                code: .unsupportedContentType,
                message: "the value is encoded as \(encoded.contentType), and \(contentType) is wanted here"
            )
        }
        return encoded.bytes
    }

    /// Decodes a value, or passes it on as it is where an encoded value is asked for.
    func value<Value: Decodable>(_ type: Value.Type, from bytes: ArraySlice<UInt8>) throws -> Value {
        guard type == EncodedValue.self, let encoded = EncodedValue(contentType: contentType, bytes: bytes) as? Value else {
            return try decode(type, from: bytes)
        }
        try check(value: bytes)
        return encoded
    }
}
