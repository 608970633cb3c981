struct PickleKeyedDecodingContainer<Key: CodingKey>: KeyedDecodingContainerProtocol {
    private let decoder: PickleValueDecoder
    private let entries: [PickleDictionary.Entry]
    /// Where large dictionaries have their `str` keys; small ones are searched.
    private let positions: [String: Int]?

    private static var largestSearched: Int { 16 }

    init(decoder: PickleValueDecoder, dictionary: PickleDictionary) {
        self.decoder = decoder
        self.entries = dictionary.entries
        if dictionary.count > Self.largestSearched {
            var positions: [String: Int] = Dictionary(minimumCapacity: dictionary.count)
            for (position, entry) in dictionary.entries.enumerated() {
                if case .string(let name) = entry.key { positions[name] = position }
            }
            self.positions = positions
        } else {
            self.positions = nil
        }
    }

    var codingPath: [any CodingKey] { self.decoder.codingPath }

    var allKeys: [Key] {
        self.entries.compactMap { entry in
            switch entry.key {
            case .string(let name): Key(stringValue: name)
            case .int(let number): Key(intValue: Int(number))
            default: nil
            }
        }
    }

    func contains(_ key: Key) -> Bool { self.value(key) != nil }
    func decodeNil(forKey key: Key) throws -> Bool {
        guard let value = self.value(key) else { return try self.nested(key).decodeNil() }
        return if case .none = value { true } else { false }
    }
    func decode(_ type: Bool.Type, forKey key: Key) throws -> Bool { try self.nested(key).decode(type) }
    func decode(_ type: String.Type, forKey key: Key) throws -> String {
        if case .string(let text)? = self.value(key) { return text }
        return try self.nested(key).decode(type)
    }
    func decode(_ type: Double.Type, forKey key: Key) throws -> Double { try self.number(type, key) }
    func decode(_ type: Float.Type, forKey key: Key) throws -> Float { try self.number(type, key) }
    func decode(_ type: Int.Type, forKey key: Key) throws -> Int { try self.number(type, key) }
    func decode(_ type: Int8.Type, forKey key: Key) throws -> Int8 { try self.number(type, key) }
    func decode(_ type: Int16.Type, forKey key: Key) throws -> Int16 { try self.number(type, key) }
    func decode(_ type: Int32.Type, forKey key: Key) throws -> Int32 { try self.number(type, key) }
    func decode(_ type: Int64.Type, forKey key: Key) throws -> Int64 { try self.number(type, key) }
    func decode(_ type: UInt.Type, forKey key: Key) throws -> UInt { try self.number(type, key) }
    func decode(_ type: UInt8.Type, forKey key: Key) throws -> UInt8 { try self.number(type, key) }
    func decode(_ type: UInt16.Type, forKey key: Key) throws -> UInt16 { try self.number(type, key) }
    func decode(_ type: UInt32.Type, forKey key: Key) throws -> UInt32 { try self.number(type, key) }
    func decode(_ type: UInt64.Type, forKey key: Key) throws -> UInt64 { try self.number(type, key) }
    func decode<Value: Decodable>(_ type: Value.Type, forKey key: Key) throws -> Value { try self.nested(key).decode(type) }

    func nestedContainer<NestedKey: CodingKey>(
        keyedBy type: NestedKey.Type, forKey key: Key
    ) throws -> KeyedDecodingContainer<NestedKey> {
        try self.nested(key).container(keyedBy: type)
    }

    func nestedUnkeyedContainer(forKey key: Key) throws -> any UnkeyedDecodingContainer { try self.nested(key).unkeyedContainer() }

    func superDecoder() throws -> any Decoder {
        let key = PickleNameKey(stringValue: "super")
        return self.decoder.nested(self.value(named: key.stringValue) ?? .none, at: key)
    }

    func superDecoder(forKey key: Key) throws -> any Decoder { self.decoder.nested(self.value(key) ?? .none, at: key) }

    /// The number of a key. A path is made only for the error, since making one costs more than the number.
    private func number<Number: NumpyElement>(_ type: Number.Type, _ key: Key) throws -> Number {
        if let value = self.value(key), let number = Number(number: value) { return number }
        return try self.nested(key).number(type)
    }

    private func nested(_ key: Key) throws -> PickleValueDecoder {
        guard let value = self.value(key) else {
            throw DecodingError.keyNotFound(
                key, .init(codingPath: self.codingPath, debugDescription: "the dict has no key '\(key.stringValue)'"))
        }
        return self.decoder.nested(value, at: key)
    }

    private func value(_ key: Key) -> PickleValue? {
        if let value = self.value(named: key.stringValue) { return value }
        guard let number = key.intValue else { return nil }
        return self.entries.first { if case .int(Int64(number)) = $0.key { true } else { false } }?.value
    }

    private func value(named name: String) -> PickleValue? {
        if let positions { return positions[name].map { self.entries[$0].value } }
        return self.entries.last { if case .string(name) = $0.key { true } else { false } }?.value
    }
}

/// A key that is only a name.
struct PickleNameKey: CodingKey {
    let stringValue: String
    var intValue: Int? { nil }

    init(stringValue: String) { self.stringValue = stringValue }
    init?(intValue: Int) { nil }
}
