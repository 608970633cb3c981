/// The type of a tensor's elements. The raw value stands for it on the wire.
public enum TensorElementType: UInt8, Sendable, Hashable, CaseIterable {
    /// Truth values, a byte each: 0 or 1.
    case bool = 1
    /// Signed integers of 8 bits.
    case int8
    /// Signed integers of 16 bits.
    case int16
    /// Signed integers of 32 bits.
    case int32
    /// Signed integers of 64 bits.
    case int64
    /// Unsigned integers of 8 bits.
    case uint8
    /// Unsigned integers of 16 bits.
    case uint16
    /// Unsigned integers of 32 bits.
    case uint32
    /// Unsigned integers of 64 bits.
    case uint64
    /// IEEE 754 binary16.
    case float16
    /// The upper half of a binary32: its sign, its exponent and seven bits of its fraction.
    case bfloat16
    /// IEEE 754 binary32.
    case float32
    /// IEEE 754 binary64.
    case float64
    /// Byte strings of any lengths: each a `uint32` length and so many bytes.
    case bytes

    /// The size of an element in bytes; `nil` for byte strings, whose sizes differ.
    public var size: Int? {
        switch self {
        case .bool, .int8, .uint8: 1
        case .int16, .uint16, .float16, .bfloat16: 2
        case .int32, .uint32, .float32: 4
        case .int64, .uint64, .float64: 8
        case .bytes: nil
        }
    }
}

extension TensorElementType: CustomStringConvertible, LosslessStringConvertible {
    /// The name that the Open Inference Protocol has for it, such as `FP32`.
    public var description: String {
        switch self {
        case .bool: "BOOL"
        case .int8: "INT8"
        case .int16: "INT16"
        case .int32: "INT32"
        case .int64: "INT64"
        case .uint8: "UINT8"
        case .uint16: "UINT16"
        case .uint32: "UINT32"
        case .uint64: "UINT64"
        case .float16: "FP16"
        case .bfloat16: "BF16"
        case .float32: "FP32"
        case .float64: "FP64"
        case .bytes: "BYTES"
        }
    }

    /// Makes a type from its name; `nil` for what is none.
    public init?(_ description: String) {
        guard let type = Self.allCases.first(where: { $0.description == description }) else { return nil }
        self = type
    }
}
