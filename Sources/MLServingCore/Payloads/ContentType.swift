/// The media type of a payload, as the AMQP property `content_type` carries it.
public struct ContentType: RawRepresentable, Sendable, Hashable, CustomStringConvertible {
    /// The media type, in lower case and without parameters.
    public let rawValue: String

    /// Makes a content type; case and parameters such as `; charset=utf-8` do not matter.
    public init(rawValue: String) {
        let end = rawValue.firstIndex(of: ";") ?? rawValue.endIndex
        let type = rawValue[..<end].split(separator: " ").joined()
        self.rawValue = type.lowercased()
    }

    /// The media type.
    public var description: String { rawValue }

    /// MessagePack, the default.
    public static let messagePack = ContentType(rawValue: "application/msgpack")
    /// JSON, RFC 8259.
    public static let json = ContentType(rawValue: "application/json")
}
