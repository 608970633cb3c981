/// The type of a numpy array's elements.
///
/// Complex numbers, extended precision, dates, structured types and numpy's variable-length strings are not supported.
public enum NumpyElementType: Sendable, Hashable {
    /// `bool_`, one byte each.
    case bool
    /// `int8`.
    case int8
    /// `int16`.
    case int16
    /// `int32`.
    case int32
    /// `int64`.
    case int64
    /// `uint8`.
    case uint8
    /// `uint16`.
    case uint16
    /// `uint32`.
    case uint32
    /// `uint64`.
    case uint64
    /// `float16`.
    case float16
    /// `float32`.
    case float32
    /// `float64`.
    case float64
    /// `bytes_` of a fixed number of bytes, padded with zeros (`S<count>`).
    case bytes(count: Int)
    /// `str_` of a fixed number of Unicode scalars in UTF-32, padded with zeros (`U<count>`).
    case unicode(count: Int)
    /// Python objects.
    case object

    /// Makes a type from the code numpy pickles, such as `f4`, `S3` or `O8`; nil if it is not supported.
    init?(code: some StringProtocol) {
        switch code {
        case "b1": self = .bool
        case "i1": self = .int8
        case "i2": self = .int16
        case "i4": self = .int32
        case "i8": self = .int64
        case "u1": self = .uint8
        case "u2": self = .uint16
        case "u4": self = .uint32
        case "u8": self = .uint64
        case "f2": self = .float16
        case "f4": self = .float32
        case "f8": self = .float64
        case "O", "O4", "O8": self = .object
        default:
            guard let count = Int(code.dropFirst()), count >= 0, count <= Int(Int32.max) / 4 else { return nil }
            switch code.first {
            case "S": self = .bytes(count: count)
            case "U": self = .unicode(count: count)
            default: return nil
            }
        }
    }

    /// The size of an element in bytes; 0 for Python objects.
    public var size: Int {
        switch self {
        case .bool, .int8, .uint8: 1
        case .int16, .uint16, .float16: 2
        case .int32, .uint32, .float32: 4
        case .int64, .uint64, .float64: 8
        case .bytes(let count): count
        case .unicode(let count): count * 4
        case .object: 0
        }
    }

    /// The width of the unit whose bytes the byte order arranges.
    var swapWidth: Int {
        switch self {
        case .bytes, .object: 1
        case .unicode: 4
        default: self.size
        }
    }

    /// The code numpy pickles, without byte order.
    var code: String {
        switch self {
        case .bool: "b1"
        case .int8: "i1"
        case .int16: "i2"
        case .int32: "i4"
        case .int64: "i8"
        case .uint8: "u1"
        case .uint16: "u2"
        case .uint32: "u4"
        case .uint64: "u8"
        case .float16: "f2"
        case .float32: "f4"
        case .float64: "f8"
        case .bytes(let count): "S\(count)"
        case .unicode(let count): "U\(count)"
        case .object: "O8"
        }
    }
}

extension NumpyElementType: CustomStringConvertible {
    /// numpy's type string, such as `<f4`.
    public var description: String {
        if self == .object { return "|O" }
        return (self.swapWidth > 1 ? "<" : "|") + self.code
    }
}
