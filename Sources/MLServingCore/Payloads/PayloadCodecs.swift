/// The content types that a consumer or a client understands.
public struct PayloadCodecs: Sendable {
    /// By the names of their content types.
    private let codecs: [String: any PayloadCodec]

    /// Makes a set; of two codecs for one content type the later counts.
    public init(_ codecs: [any PayloadCodec]) {
        self.codecs = Dictionary(codecs.map { ($0.contentType.rawValue, $0) }, uniquingKeysWith: { $1 })
    }

    /// MessagePack, JSON, and pickle under both of its names.
    public static let standard = PayloadCodecs([
        MessagePackCodec(), JSONCodec(), PickleCodec(), PickleCodec(contentType: .pythonSerialize),
    ])

    /// The names of the content types, sorted.
    public var contentTypes: [String] { codecs.keys.sorted() }

    /// The codec of a content type.
    ///
    /// - Parameter contentType: The AMQP property; case and parameters do not matter.
    /// - Throws: ``ServingError`` with `unsupported_content_type`.
    public func codec(for contentType: String) throws(ServingError) -> any PayloadCodec {
        // Mostly the name comes in its usual form, and need not be looked at closely.
        if let codec = codecs[contentType] { return codec }
        let type = ContentType(rawValue: contentType)
        if let codec = codecs[type.rawValue] { return codec }
        throw ServingError(
            code: .unsupportedContentType,
            message: "content type \(type) is not one of \(contentTypes.joined(separator: ", "))"
        )
    }

    /// The codec of a payload that does not say what it is: see ``ContentType/sniffed(from:)``.
    ///
    /// - Throws: ``ServingError`` with `unsupported_content_type`.
    public func codec(sniffing payload: [UInt8]) throws(ServingError) -> any PayloadCodec {
        try codec(for: ContentType.sniffed(from: payload[...]).rawValue)
    }
}
