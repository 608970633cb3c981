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
            // The most frequent types are named so that the compiler specialises them.
            if Element.self == Float.self { return try Float.numbers(inList: values) as? [Element] }
            if Element.self == Double.self { return try Double.numbers(inList: values) as? [Element] }
            if Element.self == Int.self { return try Int.numbers(inList: values) as? [Element] }
            return try Element.numbers(inList: values)
        case .array(let array) where array.shape.count == 1: return try array.values()
        // The check comes first because an empty array casts to an array of anything.
        case .bytes(let bytes), .bytearray(let bytes): return Element.self == UInt8.self ? bytes as? [Element] : nil
        default: return nil
        }
    }

    func pickled(as form: PickleEncoder.NumericArrayForm) throws(PickleError) -> PickleValue {
        if Element.self == UInt8.self, let bytes = self as? [UInt8] { return .bytes(bytes) }
        if form == .numpy { return .array(try NumpyArray(self)) }
        if Element.self == Float.self, let numbers = self as? [Float] { return .list(numbers.map { .float(Double($0)) }) }
        if Element.self == Double.self, let numbers = self as? [Double] { return .list(numbers.map { .float($0) }) }
        if Element.self == Int.self, let numbers = self as? [Int] { return .list(numbers.map { .int(Int64($0)) }) }
        return .list(self.map { $0.pickleValue })
    }
}

extension NumpyElement {
    /// Converts what decodes as a number: like any plain value, but a truth value from Python is not a number.
    init?(number value: PickleValue) {
        switch value {
        case .float(let value): self.init(converting: value)
        case .int(let value): self.init(converting: value)
        case .bool: return nil
        default: self.init(value)
        }
    }

    static func numbers(inList values: [PickleValue]) throws(PickleError) -> [Self] {
        var numbers: [Self] = []
        numbers.reserveCapacity(values.count)
        for value in values {
            guard let number = Self(number: value) else {
                throw PickleError(.notRepresentable, "element \(numbers.count), a \(value.typeName), is not a \(Self.self)")
            }
            numbers.append(number)
        }
        return numbers
    }
}
