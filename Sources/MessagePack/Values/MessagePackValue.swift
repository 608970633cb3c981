/// Any MessagePack value, for data whose shape is known only at run time.
///
/// Decoded by this module it mirrors the input: widths of floating-point numbers, order and duplicates of map entries are kept; an
/// integer becomes ``int(_:)`` if it fits and ``uint(_:)`` otherwise.
public enum MessagePackValue: Sendable {
    /// The absence of a value.
    case `nil`
    /// A boolean.
    case bool(Bool)
    /// An integer.
    case int(Int64)
    /// An integer; needed for those above `Int64.max`.
    case uint(UInt64)
    /// A 32-bit floating-point number.
    case float(Float)
    /// A 64-bit floating-point number.
    case double(Double)
    /// Text.
    case string(String)
    /// Bytes.
    case binary([UInt8])
    /// Values in order.
    case array([MessagePackValue])
    /// Entries in the order they were encoded.
    case map([Entry])
    /// Bytes with a type code, negative for those the specification defines.
    case ext(type: Int8, bytes: [UInt8])

    /// A key and its value in a map.
    public struct Entry: Hashable, Sendable {
        /// The key, of any type.
        public var key: MessagePackValue
        /// The value.
        public var value: MessagePackValue

        /// Creates an entry.
        public init(_ key: MessagePackValue, _ value: MessagePackValue) {
            self.key = key
            self.value = value
        }
    }
}

extension MessagePackValue: Hashable {
    /// Compares type and content. The two integer cases are one type; floating-point numbers of different widths are not.
    public static func == (left: MessagePackValue, right: MessagePackValue) -> Bool {
        switch (left, right) {
        case (.nil, .nil): true
        case (.bool(let left), .bool(let right)): left == right
        case (.int(let left), .int(let right)): left == right
        case (.uint(let left), .uint(let right)): left == right
        case (.int(let left), .uint(let right)): left == right
        case (.uint(let left), .int(let right)): left == right
        case (.float(let left), .float(let right)): left == right
        case (.double(let left), .double(let right)): left == right
        case (.string(let left), .string(let right)): left == right
        case (.binary(let left), .binary(let right)): left == right
        case (.array(let left), .array(let right)): left == right
        case (.map(let left), .map(let right)): left == right
        case (.ext(let leftType, let left), .ext(let rightType, let right)): leftType == rightType && left == right
        default: false
        }
    }

    /// Feeds the content to `hasher`; equal integers hash alike in both cases.
    public func hash(into hasher: inout Hasher) {
        switch self {
        case .nil: hasher.combine(0)
        case .bool(let value): hasher.combine(value)
        case .int(let value): hasher.combine(UInt64(bitPattern: value))
        case .uint(let value): hasher.combine(value)
        case .float(let value): hasher.combine(value)
        case .double(let value): hasher.combine(value)
        case .string(let value): hasher.combine(value)
        case .binary(let value): hasher.combine(value)
        case .array(let value): hasher.combine(value)
        case .map(let value): hasher.combine(value)
        case .ext(let type, let bytes):
            hasher.combine(type)
            hasher.combine(bytes)
        }
    }
}

extension MessagePackValue {
    /// The value of the first entry whose key is the string `key`; nil if there is none or this is no map.
    public subscript(key: String) -> MessagePackValue? {
        guard case .map(let entries) = self else { return nil }
        return entries.first { $0.key == .string(key) }?.value
    }

    /// The element at `index`; nil if there is none or this is no array.
    public subscript(index: Int) -> MessagePackValue? {
        guard case .array(let values) = self, values.indices.contains(index) else { return nil }
        return values[index]
    }
}
