/// A value of an AMQP table: a message header, or an argument of a declaration.
///
/// Every type that RabbitMQ knows has a case. Tables and arrays nest up to ``maximumDepth`` levels.
///
/// Source: AMQP 0-9-1, section 4.2.5.5, with the type letters that RabbitMQ uses where it differs.
public enum FieldValue: Sendable, Hashable {
    /// `t`, a truth value.
    case boolean(Bool)
    /// `b`, a signed 8-bit integer.
    case int8(Int8)
    /// `B`, an unsigned 8-bit integer.
    case uint8(UInt8)
    /// `s`, a signed 16-bit integer.
    case int16(Int16)
    /// `u`, an unsigned 16-bit integer.
    case uint16(UInt16)
    /// `I`, a signed 32-bit integer.
    case int32(Int32)
    /// `i`, an unsigned 32-bit integer.
    case uint32(UInt32)
    /// `l`, a signed 64-bit integer.
    case int64(Int64)
    /// `f`, a 32-bit float.
    case float(Float)
    /// `d`, a 64-bit float.
    case double(Double)
    /// `D`, the number `value` × 10^−`scale`.
    case decimal(scale: UInt8, value: UInt32)
    /// `S`, a text. Bytes that a peer sends under this type and that are not UTF-8 arrive as ``bytes(_:)``.
    case string(String)
    /// `x`, a byte array.
    case bytes([UInt8])
    /// `T`, a point in time, in seconds since 1970 (UTC).
    case timestamp(UInt64)
    /// `A`, a list.
    case array([FieldValue])
    /// `F`, a table.
    case table(FieldTable)
    /// `V`, nothing.
    case void

    /// How deep tables and arrays may nest. What a peer nests deeper arrives as ``void``; a caller's value that is deeper is an error.
    public static let maximumDepth = 32
}

extension FieldValue {
    /// The number as a signed 64-bit integer, if the value is an integer of any size.
    public var integer: Int64? {
        switch self {
        case .int8(let value): Int64(value)
        case .uint8(let value): Int64(value)
        case .int16(let value): Int64(value)
        case .uint16(let value): Int64(value)
        case .int32(let value): Int64(value)
        case .uint32(let value): Int64(value)
        case .int64(let value): value
        default: nil
        }
    }

    /// The text, if the value is one.
    public var text: String? {
        if case .string(let value) = self { value } else { nil }
    }
}

extension FieldValue: ExpressibleByStringLiteral, ExpressibleByIntegerLiteral, ExpressibleByBooleanLiteral, ExpressibleByFloatLiteral {
    /// A ``string(_:)``.
    public init(stringLiteral value: String) {
        self = .string(value)
    }

    /// An ``int64(_:)``.
    public init(integerLiteral value: Int64) {
        self = .int64(value)
    }

    /// A ``boolean(_:)``.
    public init(booleanLiteral value: Bool) {
        self = .boolean(value)
    }

    /// A ``double(_:)``.
    public init(floatLiteral value: Double) {
        self = .double(value)
    }
}
