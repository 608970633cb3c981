/// The value of a parameter that a request carries beside its input.
public enum ParameterValue: Sendable, Hashable {
    /// True or false.
    case bool(Bool)
    /// A whole number.
    case integer(Int64)
    /// A floating-point number.
    case double(Double)
    /// Text.
    case string(String)
}

extension ParameterValue {
    /// The value, if it is true or false.
    public var bool: Bool? {
        if case .bool(let value) = self { value } else { nil }
    }

    /// The value, if it is a whole number.
    public var integer: Int64? {
        if case .integer(let value) = self { value } else { nil }
    }

    /// The value, if it is a number.
    public var double: Double? {
        switch self {
        case .double(let value): value
        case .integer(let value): Double(value)
        default: nil
        }
    }

    /// The value, if it is text.
    public var string: String? {
        if case .string(let value) = self { value } else { nil }
    }
}

extension ParameterValue: ExpressibleByBooleanLiteral, ExpressibleByIntegerLiteral, ExpressibleByFloatLiteral, ExpressibleByStringLiteral {
    /// True or false.
    public init(booleanLiteral value: Bool) { self = .bool(value) }

    /// A whole number.
    public init(integerLiteral value: Int64) { self = .integer(value) }

    /// A floating-point number.
    public init(floatLiteral value: Double) { self = .double(value) }

    /// Text.
    public init(stringLiteral value: String) { self = .string(value) }
}

extension ParameterValue {
    /// A header's value, if it is one that a parameter can have.
    init?(_ header: HeaderValue) {
        switch header {
        case .bool(let value): self = .bool(value)
        case .integer(let value): self = .integer(value)
        case .double(let value): self = .double(value)
        case .string(let value): self = .string(value)
        case .bytes, .null, .array, .table: return nil
        }
    }

    /// The value as a header.
    var header: HeaderValue {
        switch self {
        case .bool(let value): .bool(value)
        case .integer(let value): .integer(value)
        case .double(let value): .double(value)
        case .string(let value): .string(value)
        }
    }
}
