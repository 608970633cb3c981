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

    /// An encoded list of encoded elements.
    func join(list elements: [ArraySlice<UInt8>]) -> [UInt8]

    /// Encodes a record whose values are encoded already.
    func encode(record: ResultRecord) throws -> [UInt8]

    /// Decodes a record and leaves its values encoded.
    func decode(recordFrom bytes: ArraySlice<UInt8>) throws -> ResultRecord
}

extension PayloadCodec {
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

/// The content types that a consumer or a client understands.
public struct PayloadCodecs: Sendable {
    private let codecs: [ContentType: any PayloadCodec]
    /// The same, for names in their usual form, which then need not be looked at closely.
    private let codecsByName: [String: any PayloadCodec]

    /// Makes a set; of two codecs for one content type the later counts.
    public init(_ codecs: [any PayloadCodec]) {
        self.codecs = Dictionary(codecs.map { ($0.contentType, $0) }, uniquingKeysWith: { $1 })
        codecsByName = Dictionary(codecs.map { ($0.contentType.rawValue, $0) }, uniquingKeysWith: { $1 })
    }

    /// MessagePack and JSON.
    public static let standard = PayloadCodecs([MessagePackCodec(), JSONCodec()])

    /// The codec of a content type.
    ///
    /// - Parameter contentType: The AMQP property; a message without it is taken for MessagePack.
    /// - Throws: ``ServingError`` with `unsupported_content_type`.
    public func codec(for contentType: String?) throws(ServingError) -> any PayloadCodec {
        if let contentType, let codec = codecsByName[contentType] { return codec }
        let type = contentType.map(ContentType.init(rawValue:)) ?? .messagePack
        if let codec = codecs[type] { return codec }
        let known = codecs.keys.map(\.rawValue).sorted().joined(separator: ", ")
        throw ServingError(code: .unsupportedContentType, message: "content type \(type) is not one of \(known)")
    }
}
