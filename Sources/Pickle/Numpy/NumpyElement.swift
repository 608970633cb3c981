#if _endian(big)
#error("Numpy arrays are kept little-endian and copied to Swift values as they are")
#endif

/// A Swift type that numpy arrays of numbers or truth values convert to and from.
///
/// The conversions return nil where the number has no exact counterpart, except that numbers are rounded to the nearest
/// floating-point number. Only types of this module conform.
public protocol NumpyElement: Sendable {
    /// The numpy type with the same values and the same bytes.
    static var numpyElementType: NumpyElementType { get }
    /// Converts a signed integer.
    init?(converting value: Int64)
    /// Converts an unsigned integer.
    init?(converting value: UInt64)
    /// Converts a floating-point number; a fraction, NaN or infinity has no integer.
    init?(converting value: Double)
    /// The plain Python value.
    var pickleValue: PickleValue { get }
}

extension NumpyElement where Self: FixedWidthInteger {
    /// Converts a signed integer, or returns nil if it does not fit.
    public init?(converting value: Int64) { self.init(exactly: value) }
    /// Converts an unsigned integer, or returns nil if it does not fit.
    public init?(converting value: UInt64) { self.init(exactly: value) }
    /// Converts a number without a fraction, or returns nil.
    ///
    /// The standard library's own exact conversion rounds with functions of libm, which a program that imports nothing lacks.
    public init?(converting value: Double) {
        if value >= -0x1p63, value < 0x1p63 {
            let integer = Int64(value)
            guard Double(integer) == value else { return nil }
            self.init(exactly: integer)
        } else if value >= 0x1p63, value < 0x1p64 {
            self.init(exactly: UInt64(value))
        } else {
            return nil
        }
    }
    /// An `int`.
    public var pickleValue: PickleValue { .integer(self) }
}

extension NumpyElement where Self: BinaryFloatingPoint {
    /// Converts a signed integer to the nearest number.
    public init?(converting value: Int64) { self.init(value) }
    /// Converts an unsigned integer to the nearest number.
    public init?(converting value: UInt64) { self.init(value) }
    /// Converts to the nearest number; infinite beyond the range.
    public init?(converting value: Double) { self.init(value) }
    /// A `float`.
    public var pickleValue: PickleValue { .float(Double(self)) }
}

extension Int: NumpyElement {
    /// `int64`.
    public static var numpyElementType: NumpyElementType { .int64 }
}
extension Int8: NumpyElement {
    /// `int8`.
    public static var numpyElementType: NumpyElementType { .int8 }
}
extension Int16: NumpyElement {
    /// `int16`.
    public static var numpyElementType: NumpyElementType { .int16 }
}
extension Int32: NumpyElement {
    /// `int32`.
    public static var numpyElementType: NumpyElementType { .int32 }
}
extension Int64: NumpyElement {
    /// `int64`.
    public static var numpyElementType: NumpyElementType { .int64 }
}
extension UInt: NumpyElement {
    /// `uint64`.
    public static var numpyElementType: NumpyElementType { .uint64 }
}
extension UInt8: NumpyElement {
    /// `uint8`.
    public static var numpyElementType: NumpyElementType { .uint8 }
}
extension UInt16: NumpyElement {
    /// `uint16`.
    public static var numpyElementType: NumpyElementType { .uint16 }
}
extension UInt32: NumpyElement {
    /// `uint32`.
    public static var numpyElementType: NumpyElementType { .uint32 }
}
extension UInt64: NumpyElement {
    /// `uint64`.
    public static var numpyElementType: NumpyElementType { .uint64 }
}
extension Float16: NumpyElement {
    /// `float16`.
    public static var numpyElementType: NumpyElementType { .float16 }
}
extension Float: NumpyElement {
    /// `float32`.
    public static var numpyElementType: NumpyElementType { .float32 }
}
extension Double: NumpyElement {
    /// `float64`.
    public static var numpyElementType: NumpyElementType { .float64 }
}
extension Bool: NumpyElement {
    /// `bool_`.
    public static var numpyElementType: NumpyElementType { .bool }
    /// Converts 0 and 1.
    public init?(converting value: Int64) {
        guard value == 0 || value == 1 else { return nil }
        self = value == 1
    }
    /// Converts 0 and 1.
    public init?(converting value: UInt64) {
        guard value <= 1 else { return nil }
        self = value == 1
    }
    /// Converts 0 and 1.
    public init?(converting value: Double) {
        guard value == 0 || value == 1 else { return nil }
        self = value == 1
    }
    /// A `bool`.
    public var pickleValue: PickleValue { .bool(self) }
}

extension NumpyElement {
    /// Converts a plain number, a numpy scalar or an array without dimensions; nil for anything else.
    init?(_ value: PickleValue) {
        switch value {
        case .bool(let value): self.init(converting: value ? Int64(1) : 0)
        case .int(let value): self.init(converting: value)
        case .bigInteger(let value):
            if let unsigned = UInt64(exactly: value) {
                self.init(converting: unsigned)
            } else if Self.numpyElementType.isFloatingPoint {
                self.init(converting: Double(value))
            } else {
                return nil
            }
        case .float(let value): self.init(converting: value)
        case .scalar(let scalar): self.init(scalar.value)
        case .array(let array):
            guard array.shape.isEmpty, let element = array.element(at: 0) else { return nil }
            self.init(element)
        default: return nil
        }
    }
}

extension NumpyElementType {
    /// Whether the elements are floating-point numbers.
    var isFloatingPoint: Bool {
        switch self {
        case .float16, .float32, .float64: true
        default: false
        }
    }
}
