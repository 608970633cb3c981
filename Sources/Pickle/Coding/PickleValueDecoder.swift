/// Decodes from one plain value.
struct PickleValueDecoder: Decoder {
    let value: PickleValue
    let codingPath: [any CodingKey]
    let userInfo: [CodingUserInfoKey: Any]

    func container<Key: CodingKey>(keyedBy type: Key.Type) throws -> KeyedDecodingContainer<Key> {
        guard case .dictionary(let dictionary) = self.value else { throw self.mismatch([String: PickleValue].self) }
        return KeyedDecodingContainer(PickleKeyedDecodingContainer<Key>(decoder: self, dictionary: dictionary))
    }

    func unkeyedContainer() throws -> any UnkeyedDecodingContainer {
        guard let elements = PickleElements(self.value) else { throw self.mismatch([PickleValue].self) }
        return PickleUnkeyedDecodingContainer(decoder: self, elements: elements)
    }

    func singleValueContainer() -> any SingleValueDecodingContainer { self }

    func nested(_ value: PickleValue, at key: any CodingKey) -> PickleValueDecoder {
        PickleValueDecoder(value: value, codingPath: self.codingPath + [key], userInfo: self.userInfo)
    }

    func mismatch(_ type: any Any.Type, _ reason: String? = nil) -> DecodingError {
        let reason = reason.map { ": \($0)" } ?? ""
        return .typeMismatch(
            type,
            .init(codingPath: self.codingPath, debugDescription: "a Python \(self.value.typeName) is not a \(type)\(reason)")
        )
    }

    func number<Number: NumpyElement>(_ type: Number.Type) throws -> Number {
        guard let number = Number(number: self.value) else { throw self.mismatch(type) }
        return number
    }
}

extension PickleValueDecoder: SingleValueDecodingContainer {
    func decodeNil() -> Bool { if case .none = self.value { true } else { false } }

    func decode(_ type: Bool.Type) throws -> Bool {
        switch self.value {
        case .bool(let value): return value
        case .scalar(let scalar):
            guard case .bool(let value) = scalar.value else { throw self.mismatch(type) }
            return value
        case .array(let array) where array.shape.isEmpty:
            guard case .bool(let value) = array.element(at: 0) else { throw self.mismatch(type) }
            return value
        default: throw self.mismatch(type)
        }
    }

    func decode(_ type: String.Type) throws -> String {
        switch self.value {
        case .string(let value): return value
        case .scalar(let scalar):
            guard case .string(let value) = scalar.value else { throw self.mismatch(type) }
            return value
        case .array(let array) where array.shape.isEmpty:
            guard case .string(let value) = array.element(at: 0) else { throw self.mismatch(type) }
            return value
        default: throw self.mismatch(type)
        }
    }

    func decode(_ type: Double.Type) throws -> Double { try self.number(type) }
    func decode(_ type: Float.Type) throws -> Float { try self.number(type) }
    func decode(_ type: Int.Type) throws -> Int { try self.number(type) }
    func decode(_ type: Int8.Type) throws -> Int8 { try self.number(type) }
    func decode(_ type: Int16.Type) throws -> Int16 { try self.number(type) }
    func decode(_ type: Int32.Type) throws -> Int32 { try self.number(type) }
    func decode(_ type: Int64.Type) throws -> Int64 { try self.number(type) }
    func decode(_ type: UInt.Type) throws -> UInt { try self.number(type) }
    func decode(_ type: UInt8.Type) throws -> UInt8 { try self.number(type) }
    func decode(_ type: UInt16.Type) throws -> UInt16 { try self.number(type) }
    func decode(_ type: UInt32.Type) throws -> UInt32 { try self.number(type) }
    func decode(_ type: UInt64.Type) throws -> UInt64 { try self.number(type) }

    func decode<Value: Decodable>(_ type: Value.Type) throws -> Value {
        // The casts cannot fail where the types are known to be the same.
        if type == PickleValue.self, let value = self.value as? Value { return value }
        if type == NumpyArray.self {
            guard case .array(let array) = self.value, let value = array as? Value else { throw self.mismatch(type) }
            return value
        }
        if type == NumpyScalar.self {
            guard case .scalar(let scalar) = self.value, let value = scalar as? Value else { throw self.mismatch(type) }
            return value
        }
        if let bulk = type as? any NumericArray.Type {
            do {
                if let value = try bulk.bulk(from: self.value) as? Value { return value }
            } catch {
                throw self.mismatch(type, error.message)
            }
        }
        if let representable = type as? any PickleRepresentable.Type {
            do {
                if let value = try representable.init(pickleValue: self.value) as? Value { return value }
            } catch {
                throw self.mismatch(type, "\(error)")
            }
        }
        return try Value(from: self)
    }
}
