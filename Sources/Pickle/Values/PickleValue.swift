/// A plain Python value, or a numpy array or scalar.
///
/// Equality distinguishes types as `type(a) == type(b) and a == b` does in Python: `1`, `True` and `1.0` differ. Text is
/// compared by its scalars, not by canonical equivalence. The order of sets and dictionaries does not matter; their keys are
/// compared as Python compares keys. NaN differs from itself.
public enum PickleValue: Sendable {
    /// `None`.
    case none
    /// `bool`.
    case bool(Bool)
    /// `int` that fits 64 bits.
    case int(Int64)
    /// `int` beyond 64 bits.
    indirect case bigInteger(PickleInteger)
    /// `float`.
    case float(Double)
    /// `str`.
    case string(String)
    /// `bytes`.
    case bytes([UInt8])
    /// `bytearray`.
    case bytearray([UInt8])
    /// `list`.
    case list([PickleValue])
    /// `tuple`.
    case tuple([PickleValue])
    /// `dict`, in Python's order.
    case dictionary(PickleDictionary)
    /// `set`; the elements are distinct, in the order of the pickle.
    case set([PickleValue])
    /// `frozenset`; the elements are distinct, in the order of the pickle.
    case frozenset([PickleValue])
    /// `numpy.ndarray`.
    indirect case array(NumpyArray)
    /// A numpy scalar, such as `numpy.float32(1)`.
    indirect case scalar(NumpyScalar)
}

extension PickleValue {
    /// An integer of any size in its shortest case: ``int(_:)`` where it fits, else ``bigInteger(_:)``.
    public static func integer(_ value: PickleInteger) -> PickleValue {
        Int64(exactly: value).map { .int($0) } ?? .bigInteger(value)
    }

    /// An integer of any size in its shortest case: ``int(_:)`` where it fits, else ``bigInteger(_:)``.
    public static func integer(_ value: some BinaryInteger) -> PickleValue {
        Int64(exactly: value).map { .int($0) } ?? .bigInteger(PickleInteger(value))
    }

    /// The name of the Python type.
    public var typeName: String {
        switch self {
        case .none: "NoneType"
        case .bool: "bool"
        case .int, .bigInteger: "int"
        case .float: "float"
        case .string: "str"
        case .bytes: "bytes"
        case .bytearray: "bytearray"
        case .list: "list"
        case .tuple: "tuple"
        case .dictionary: "dict"
        case .set: "set"
        case .frozenset: "frozenset"
        case .array: "numpy.ndarray"
        case .scalar: "numpy scalar"
        }
    }
}
