/// A reply, as RESP2 defines it.
public enum RedisReply: Sendable, Hashable {
    /// A short status such as `OK`.
    case simpleString(String)
    /// The command failed.
    case error(RedisServerError)
    /// A signed 64-bit number.
    case integer(Int64)
    /// Any bytes, as they are stored.
    case bulk([UInt8])
    /// No value: the key does not exist, or the command had nothing to do.
    case null
    /// Several replies, possibly nested.
    case array([RedisReply])
}

extension RedisReply {
    /// The bytes of a bulk or simple string.
    public var bytes: [UInt8]? {
        switch self {
        case .bulk(let bytes): bytes
        case .simpleString(let string): Array(string.utf8)
        default: nil
        }
    }

    /// The text of a bulk or simple string; bytes that are not UTF-8 are replaced by U+FFFD.
    public var string: String? {
        switch self {
        case .bulk(let bytes): String(decoding: bytes, as: UTF8.self)
        case .simpleString(let string): string
        default: nil
        }
    }

    /// The number of an integer reply.
    public var integer: Int64? {
        if case .integer(let integer) = self { integer } else { nil }
    }

    /// Whether it is an error.
    var isError: Bool {
        if case .error = self { true } else { false }
    }

    /// The elements of an array reply.
    public var elements: [RedisReply]? {
        if case .array(let elements) = self { elements } else { nil }
    }

    /// The kind of reply, for messages: contents may be private.
    var kind: String {
        switch self {
        case .simpleString: "a simple string"
        case .error: "an error"
        case .integer: "an integer"
        case .bulk(let bytes): "a bulk string of \(bytes.count) bytes"
        case .null: "null"
        case .array(let elements): "an array of \(elements.count)"
        }
    }
}
