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
    /// Python's pickle, as far as it is plain data.
    public static let pickle = ContentType(rawValue: "application/x-python-pickle")
    /// The name that kombu, and so Celery, has for ``pickle``.
    public static let pythonSerialize = ContentType(rawValue: "application/x-python-serialize")

    /// What a payload is that does not say it: ``pickle`` or ``messagePack``, never anything else.
    ///
    /// A MessagePack value whose first byte is at most 0x80 is that one byte: a small number, or an empty map. So a longer payload that
    /// begins so is no MessagePack, whatever else it may be. It is a pickle if it ends in a full stop, as every pickle does, and begins as one:
    /// with 0x80 and its protocol (2 and later), or with an instruction of protocol 0 or 1, all of which are below 0x80. No text in JSON ends
    /// in a full stop.
    public static func sniffed(from payload: ArraySlice<UInt8>) -> ContentType {
        guard payload.count > 1, payload.last == UInt8(ascii: "."), let first = payload.first else { return .messagePack }
        if first < 0x80 { return .pickle }
        return first == 0x80 && payload.count > 3 && payload[payload.startIndex + 1] >= 2 ? .pickle : .messagePack
    }
}
