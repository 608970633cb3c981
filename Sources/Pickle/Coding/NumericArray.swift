/// An array of numbers or truth values, which the coders move in bulk instead of element by element.
protocol NumericArray {
    /// Converts a list, a tuple, a numpy array of one dimension or, for bytes, binary data; nil for any other kind of value.
    static func bulk(from value: PickleValue) throws(PickleError) -> Self?
    /// The value to write: binary data for bytes, else a list or a numpy array.
    func pickled(as form: PickleEncoder.NumericArrayForm) throws(PickleError) -> PickleValue
}

extension Array: NumericArray where Element: NumpyElement {
    static func bulk(from value: PickleValue) throws(PickleError) -> [Element]? {
        switch value {
        case .list(let values), .tuple(let values):
            // Strict about truth values, as decoding them one by one is.
            if Element.self == Bool.self { return nil }
            var numbers: [Element] = []
            numbers.reserveCapacity(values.count)
            for value in values {
                guard let number = Element(number: value) else {
                    throw PickleError(.notRepresentable, "element \(numbers.count), a \(value.typeName), is not a \(Element.self)")
                }
                numbers.append(number)
            }
            return numbers
        case .array(let array) where array.shape.count == 1: return try array.values()
        // The check comes first because an empty array casts to an array of anything.
        case .bytes(let bytes), .bytearray(let bytes): return Element.self == UInt8.self ? bytes as? [Element] : nil
        default: return nil
        }
    }

    func pickled(as form: PickleEncoder.NumericArrayForm) throws(PickleError) -> PickleValue {
        if Element.self == UInt8.self, let bytes = self as? [UInt8] { return .bytes(bytes) }
        return switch form {
        case .list: .list(self.map(\.pickleValue))
        case .numpy: .array(try NumpyArray(self))
        }
    }
}

extension NumpyElement {
    /// Converts what decodes as a number: like any plain value, but a truth value from Python is not a number.
    init?(number value: PickleValue) {
        if case .bool = value { return nil }
        self.init(value)
    }
}
