#if _endian(big)
#error("Tensors are kept little-endian, and their elements used where they lie")
#endif

/// A type whose values are a tensor's elements, byte for byte. Only types of this module's choice conform.
public protocol TensorElement: BitwiseCopyable, Sendable {
    /// The element type with the same values and the same bytes.
    static var tensorElementType: TensorElementType { get }
}

extension Bool: TensorElement {
    /// `BOOL`.
    public static var tensorElementType: TensorElementType { .bool }
}

extension Int8: TensorElement {
    /// `INT8`.
    public static var tensorElementType: TensorElementType { .int8 }
}

extension Int16: TensorElement {
    /// `INT16`.
    public static var tensorElementType: TensorElementType { .int16 }
}

extension Int32: TensorElement {
    /// `INT32`.
    public static var tensorElementType: TensorElementType { .int32 }
}

extension Int64: TensorElement {
    /// `INT64`.
    public static var tensorElementType: TensorElementType { .int64 }
}

extension Int: TensorElement {
    /// `INT64`.
    public static var tensorElementType: TensorElementType { .int64 }
}

extension UInt8: TensorElement {
    /// `UINT8`.
    public static var tensorElementType: TensorElementType { .uint8 }
}

extension UInt16: TensorElement {
    /// `UINT16`.
    public static var tensorElementType: TensorElementType { .uint16 }
}

extension UInt32: TensorElement {
    /// `UINT32`.
    public static var tensorElementType: TensorElementType { .uint32 }
}

extension UInt64: TensorElement {
    /// `UINT64`.
    public static var tensorElementType: TensorElementType { .uint64 }
}

extension UInt: TensorElement {
    /// `UINT64`.
    public static var tensorElementType: TensorElementType { .uint64 }
}

#if !(os(macOS) && arch(x86_64))
extension Float16: TensorElement {
    /// `FP16`.
    public static var tensorElementType: TensorElementType { .float16 }
}
#endif

extension BFloat16: TensorElement {
    /// `BF16`.
    public static var tensorElementType: TensorElementType { .bfloat16 }
}

extension Float: TensorElement {
    /// `FP32`.
    public static var tensorElementType: TensorElementType { .float32 }
}

extension Double: TensorElement {
    /// `FP64`.
    public static var tensorElementType: TensorElementType { .float64 }
}
