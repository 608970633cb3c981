public import Pickle

extension Tensor: PickleRepresentable {
    /// A numpy array: of `uint16` for `BF16`, which numpy has not, and of `bytes` objects for byte strings.
    public func pickleValue() throws -> PickleValue {
        if elementType == .bytes { return .array(try NumpyArray(objects: byteStrings().map { .bytes($0) }, shape: shape)) }
        return .array(try NumpyArray(elementType.numpyType, shape: shape, bytes: Array(bytes)))
    }

    /// Takes a numpy array of numbers, truth values, byte strings or texts, or a numpy scalar. Byte strings of a fixed length lose the zeros
    /// at their ends, as they do in numpy.
    public init(pickleValue value: PickleValue) throws {
        switch value {
        case .array(let array): try self.init(array)
        case .scalar(let scalar): try self.init(try NumpyArray(scalar.elementType, shape: [], bytes: scalar.bytes))
        default: throw TensorError("a Python \(value.typeName) is not a numpy array")
        }
    }

    private init(_ array: NumpyArray) throws {
        if let type = TensorElementType(array.elementType) {
            try self.init(type, shape: array.shape, bytes: array.bytes[...])
            return
        }
        let strings = try (0..<array.count).map { index in
            switch array.element(at: index) {
            case .bytes(let bytes)?, .bytearray(let bytes)?: return bytes
            case .string(let text)?: return [UInt8](text.utf8)
            case let other: throw TensorError("element \(index) is a \(other?.typeName ?? "text that is not Unicode"), not a byte string")
            }
        }
        try self.init(byteStrings: strings, shape: array.shape)
    }
}

extension TensorElementType {
    /// The numpy type with the same bytes.
    fileprivate var numpyType: NumpyElementType {
        switch self {
        case .bool: .bool
        case .int8: .int8
        case .int16: .int16
        case .int32: .int32
        case .int64: .int64
        case .uint8: .uint8
        case .uint16, .bfloat16: .uint16
        case .uint32: .uint32
        case .uint64: .uint64
        case .float16: .float16
        case .float32: .float32
        case .float64: .float64
        case .bytes: .object
        }
    }

    fileprivate init?(_ type: NumpyElementType) {
        switch type {
        case .bool: self = .bool
        case .int8: self = .int8
        case .int16: self = .int16
        case .int32: self = .int32
        case .int64: self = .int64
        case .uint8: self = .uint8
        case .uint16: self = .uint16
        case .uint32: self = .uint32
        case .uint64: self = .uint64
        case .float16: self = .float16
        case .float32: self = .float32
        case .float64: self = .float64
        case .bytes, .unicode, .object: return nil
        }
    }
}
