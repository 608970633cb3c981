/// The type of an encoded value, as its first byte tells it.
public enum MessagePackType: Hashable, Sendable {
    /// The absence of a value.
    case `nil`
    /// `true` or `false`.
    case bool
    /// An integer of any width and sign.
    case integer
    /// A 32-bit IEEE 754 number.
    case float
    /// A 64-bit IEEE 754 number.
    case double
    /// UTF-8 text.
    case string
    /// Bytes.
    case binary
    /// A sequence of values.
    case array
    /// A sequence of pairs of a key and a value.
    case map
    /// Bytes with an application's type code.
    case `extension`
}

extension MessagePackType {
    /// The type that a value's first byte announces; nil for the byte that the format never uses.
    init?(tag: UInt8) {
        switch tag {
        case 0x00...0x7f, 0xcc...0xd3, 0xe0...0xff: self = .integer
        case 0x80...0x8f, 0xde, 0xdf: self = .map
        case 0x90...0x9f, 0xdc, 0xdd: self = .array
        case 0xa0...0xbf, 0xd9...0xdb: self = .string
        case 0xc0: self = .nil
        case 0xc2, 0xc3: self = .bool
        case 0xc4...0xc6: self = .binary
        case 0xc7...0xc9, 0xd4...0xd8: self = .extension
        case 0xca: self = .float
        case 0xcb: self = .double
        default: return nil
        }
    }
}
