struct PickleKeyedEncodingContainer<Key: CodingKey>: KeyedEncodingContainerProtocol {
    let encoder: PickleValueEncoder
    let box: PickleDictionaryBox

    var codingPath: [any CodingKey] { self.encoder.codingPath }

    func encodeNil(forKey key: Key) { self.set(.none, key) }
    func encode(_ value: Bool, forKey key: Key) { self.set(.bool(value), key) }
    func encode(_ value: String, forKey key: Key) { self.set(.string(value), key) }
    func encode(_ value: Double, forKey key: Key) { self.set(value.pickleValue, key) }
    func encode(_ value: Float, forKey key: Key) { self.set(value.pickleValue, key) }
    func encode(_ value: Int, forKey key: Key) { self.set(value.pickleValue, key) }
    func encode(_ value: Int8, forKey key: Key) { self.set(value.pickleValue, key) }
    func encode(_ value: Int16, forKey key: Key) { self.set(value.pickleValue, key) }
    func encode(_ value: Int32, forKey key: Key) { self.set(value.pickleValue, key) }
    func encode(_ value: Int64, forKey key: Key) { self.set(value.pickleValue, key) }
    func encode(_ value: UInt, forKey key: Key) { self.set(value.pickleValue, key) }
    func encode(_ value: UInt8, forKey key: Key) { self.set(value.pickleValue, key) }
    func encode(_ value: UInt16, forKey key: Key) { self.set(value.pickleValue, key) }
    func encode(_ value: UInt32, forKey key: Key) { self.set(value.pickleValue, key) }
    func encode(_ value: UInt64, forKey key: Key) { self.set(value.pickleValue, key) }
    func encode(_ value: some Encodable, forKey key: Key) throws { self.set(try self.encoder.encoded(value, at: key), key) }

    func nestedContainer<NestedKey: CodingKey>(keyedBy type: NestedKey.Type, forKey key: Key) -> KeyedEncodingContainer<NestedKey> {
        self.nested(key, key.stringValue).container(keyedBy: type)
    }

    func nestedUnkeyedContainer(forKey key: Key) -> any UnkeyedEncodingContainer { self.nested(key, key.stringValue).unkeyedContainer() }

    func superEncoder() -> any Encoder { self.nested(nil, "super") }

    func superEncoder(forKey key: Key) -> any Encoder { self.nested(key, key.stringValue) }

    private func set(_ value: PickleValue, _ key: Key) { self.box.set(key.stringValue, .value(value)) }

    private func nested(_ key: Key?, _ name: String) -> PickleValueEncoder {
        if let encoder = self.box.encoder(name) { return encoder }
        let encoder = PickleValueEncoder(options: self.encoder.options, codingPath: self.codingPath + (key.map { [$0] } ?? []))
        self.box.set(name, .encoder(encoder))
        return encoder
    }
}
