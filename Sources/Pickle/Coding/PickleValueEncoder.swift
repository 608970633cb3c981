/// Collects what one value encodes.
final class PickleValueEncoder: Encoder {
    /// What has been encoded so far. Containers are references, since nested ones are filled after they were added.
    private enum Content {
        case nothing
        case value(PickleValue)
        case list(PickleListBox)
        case dictionary(PickleDictionaryBox)
    }

    let options: PickleEncoder
    let codingPath: [any CodingKey]
    private var content = Content.nothing

    init(options: PickleEncoder, codingPath: [any CodingKey]) {
        self.options = options
        self.codingPath = codingPath
    }

    var userInfo: [CodingUserInfoKey: Any] { self.options.userInfo }

    func container<Key: CodingKey>(keyedBy type: Key.Type) -> KeyedEncodingContainer<Key> {
        if case .dictionary(let box) = self.content {
            return KeyedEncodingContainer(PickleKeyedEncodingContainer(encoder: self, box: box))
        }
        let box = PickleDictionaryBox()
        self.content = .dictionary(box)
        return KeyedEncodingContainer(PickleKeyedEncodingContainer(encoder: self, box: box))
    }

    func unkeyedContainer() -> any UnkeyedEncodingContainer {
        if case .list(let box) = self.content { return PickleUnkeyedEncodingContainer(encoder: self, box: box) }
        let box = PickleListBox()
        self.content = .list(box)
        return PickleUnkeyedEncodingContainer(encoder: self, box: box)
    }

    func singleValueContainer() -> any SingleValueEncodingContainer { self }

    /// What has been encoded; an empty dictionary if that is nothing.
    func finish() -> PickleValue {
        switch self.content {
        case .nothing: .dictionary(PickleDictionary())
        case .value(let value): value
        case .list(let box): box.finish()
        case .dictionary(let box): box.finish()
        }
    }

    /// The plain value of anything that is encodable.
    func encoded<Value: Encodable>(_ value: Value, at key: (any CodingKey)? = nil) throws -> PickleValue {
        let type = Value.self
        if type == PickleValue.self, let value = value as? PickleValue { return value }
        if type == NumpyArray.self, let value = value as? NumpyArray { return .array(value) }
        if type == NumpyScalar.self, let value = value as? NumpyScalar { return .scalar(value) }
        if type is any NumericArray.Type, let value = value as? any NumericArray {
            return try value.pickled(as: self.options.numericArrays)
        }
        if type is any PickleRepresentable.Type, let value = value as? any PickleRepresentable { return try value.pickleValue() }
        if type is any IntegerKeyedDictionary.Type, let value = value as? any IntegerKeyedDictionary {
            return try self.encoded(integerKeys: value.encodables, at: key)
        }
        let encoder = PickleValueEncoder(options: self.options, codingPath: self.codingPath + (key.map { [$0] } ?? []))
        try value.encode(to: encoder)
        return encoder.finish()
    }

    private func encoded(integerKeys values: [Int: any Encodable], at key: (any CodingKey)?) throws -> PickleValue {
        var entries: [PickleDictionary.Entry] = []
        for (number, value) in values.sorted(by: { $0.key < $1.key }) {
            entries.append(PickleDictionary.Entry(key: .integer(number), value: try self.encoded(value, at: key)))
        }
        return .dictionary(PickleDictionary(distinct: entries))
    }
}

extension PickleValueEncoder: SingleValueEncodingContainer {
    func encodeNil() { self.content = .value(.none) }
    func encode(_ value: Bool) { self.content = .value(.bool(value)) }
    func encode(_ value: String) { self.content = .value(.string(value)) }
    func encode(_ value: Double) { self.content = .value(value.pickleValue) }
    func encode(_ value: Float) { self.content = .value(value.pickleValue) }
    func encode(_ value: Int) { self.content = .value(value.pickleValue) }
    func encode(_ value: Int8) { self.content = .value(value.pickleValue) }
    func encode(_ value: Int16) { self.content = .value(value.pickleValue) }
    func encode(_ value: Int32) { self.content = .value(value.pickleValue) }
    func encode(_ value: Int64) { self.content = .value(value.pickleValue) }
    func encode(_ value: UInt) { self.content = .value(value.pickleValue) }
    func encode(_ value: UInt8) { self.content = .value(value.pickleValue) }
    func encode(_ value: UInt16) { self.content = .value(value.pickleValue) }
    func encode(_ value: UInt32) { self.content = .value(value.pickleValue) }
    func encode(_ value: UInt64) { self.content = .value(value.pickleValue) }
    func encode(_ value: some Encodable) throws { self.content = .value(try self.encoded(value)) }
}

/// A dictionary that keeps its integer keys instead of writing them as text.
private protocol IntegerKeyedDictionary {
    var encodables: [Int: any Encodable] { get }
}

extension Dictionary: IntegerKeyedDictionary where Key == Int, Value: Encodable {
    fileprivate var encodables: [Int: any Encodable] { self }
}
