/// What the stack and the memo hold while a pickle runs.
///
/// Containers are references, because a pickle may fill a container after it has memoised or nested it, and every occurrence
/// must see that.
enum PickleCell {
    case none
    case bool(Bool)
    case int(Int64)
    case bigInteger(PickleInteger)
    case float(Double)
    case string(String)
    case bytes([UInt8])
    case bytearray([UInt8])
    case global(PickleGlobal)
    /// An index into the machine's objects.
    case object(Int)
}

/// A container, or an object of numpy, while a pickle runs.
struct PickleObject {
    enum Kind {
        case list
        case tuple
        /// The cells alternate between keys and values.
        case dictionary
        case set
        case frozenset
        indirect case dataType(NumpyDataType)
        /// What `_reconstruct` returns, before BUILD fills it.
        case emptyArray
        indirect case array(NumpyArray)
        /// The cells are the elements.
        indirect case objectArray(shape: [Int])
        indirect case scalar(NumpyScalar)
        /// A `str` of Python 2, which is text or bytes as the place where it is used decides; never a container.
        case legacyString([UInt8])
    }

    var kind: Kind
    var cells: [PickleCell] = []
}

/// A numpy `dtype`: the type of elements with their byte order.
struct NumpyDataType {
    var elementType: NumpyElementType
    var isBigEndian = false
}
