/// One word of a command: text, bytes or a number. The wire knows only bytes.
public enum RedisArgument: Sendable, Hashable {
    /// Text, sent as UTF-8.
    case string(String)
    /// Any bytes.
    case bytes([UInt8])
    /// A number, sent in decimal.
    case integer(Int64)
}

extension RedisArgument: ExpressibleByStringLiteral, ExpressibleByIntegerLiteral {
    /// Text.
    public init(stringLiteral value: String) {
        self = .string(value)
    }

    /// A number.
    public init(integerLiteral value: Int64) {
        self = .integer(value)
    }
}
