struct PickleUnkeyedDecodingContainer: UnkeyedDecodingContainer {
    let decoder: PickleValueDecoder
    let elements: PickleElements
    private(set) var currentIndex = 0

    init(decoder: PickleValueDecoder, elements: PickleElements) {
        self.decoder = decoder
        self.elements = elements
    }

    var codingPath: [any CodingKey] { self.decoder.codingPath }
    var count: Int? { self.elements.count }
    var isAtEnd: Bool { self.currentIndex >= self.elements.count }

    mutating func decodeNil() throws -> Bool {
        if self.isAtEnd { _ = try self.element(PickleValue.self) }
        guard case .some(.none) = self.elements[self.currentIndex] else { return false }
        self.currentIndex += 1
        return true
    }

    mutating func decode(_ type: Bool.Type) throws -> Bool { try self.next(type) { try $0.decode(type) } }
    mutating func decode(_ type: String.Type) throws -> String {
        if !self.isAtEnd, case .string(let text)? = self.elements[self.currentIndex] {
            self.currentIndex += 1
            return text
        }
        return try self.next(type) { try $0.decode(type) }
    }
    mutating func decode(_ type: Double.Type) throws -> Double { try self.number(type) }
    mutating func decode(_ type: Float.Type) throws -> Float { try self.number(type) }
    mutating func decode(_ type: Int.Type) throws -> Int { try self.number(type) }
    mutating func decode(_ type: Int8.Type) throws -> Int8 { try self.number(type) }
    mutating func decode(_ type: Int16.Type) throws -> Int16 { try self.number(type) }
    mutating func decode(_ type: Int32.Type) throws -> Int32 { try self.number(type) }
    mutating func decode(_ type: Int64.Type) throws -> Int64 { try self.number(type) }
    mutating func decode(_ type: UInt.Type) throws -> UInt { try self.number(type) }
    mutating func decode(_ type: UInt8.Type) throws -> UInt8 { try self.number(type) }
    mutating func decode(_ type: UInt16.Type) throws -> UInt16 { try self.number(type) }
    mutating func decode(_ type: UInt32.Type) throws -> UInt32 { try self.number(type) }
    mutating func decode(_ type: UInt64.Type) throws -> UInt64 { try self.number(type) }
    mutating func decode<Value: Decodable>(_ type: Value.Type) throws -> Value { try self.next(type) { try $0.decode(type) } }

    mutating func nestedContainer<NestedKey: CodingKey>(keyedBy type: NestedKey.Type) throws -> KeyedDecodingContainer<NestedKey> {
        try self.next([String: PickleValue].self) { try $0.container(keyedBy: type) }
    }

    mutating func nestedUnkeyedContainer() throws -> any UnkeyedDecodingContainer {
        try self.next([PickleValue].self) { try $0.unkeyedContainer() }
    }

    mutating func superDecoder() throws -> any Decoder { try self.next(PickleValue.self) { $0 } }

    /// The next number. A path is made only for the error, since making one costs more than the number.
    private mutating func number<Number: NumpyElement>(_ type: Number.Type) throws -> Number {
        if !self.isAtEnd, let value = self.elements[self.currentIndex], let number = Number(number: value) {
            self.currentIndex += 1
            return number
        }
        return try self.next(type) { try $0.number(type) }
    }

    private func element(_ type: any Any.Type) throws -> PickleValueDecoder {
        let path = self.codingPath + [PickleIndexKey(self.currentIndex)]
        guard !self.isAtEnd else {
            throw DecodingError.valueNotFound(
                type, .init(codingPath: path, debugDescription: "there are only \(self.elements.count) elements"))
        }
        guard let value = self.elements[self.currentIndex] else {
            throw DecodingError.dataCorrupted(.init(codingPath: path, debugDescription: "the element is not Unicode text"))
        }
        return PickleValueDecoder(value: value, codingPath: path, userInfo: self.decoder.userInfo)
    }

    /// Decodes the next element, which counts as consumed only if that succeeds.
    private mutating func next<Value>(_ type: any Any.Type, _ decode: (PickleValueDecoder) throws -> Value) throws -> Value {
        let value = try decode(try self.element(type))
        self.currentIndex += 1
        return value
    }
}
