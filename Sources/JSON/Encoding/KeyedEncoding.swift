/// An object that is written member by member.
struct KeyedEncoding<Key: CodingKey>: KeyedEncodingContainerProtocol {
    let encoder: ValueEncoder

    private var sink: Sink { encoder.sink }
    var codingPath: [any CodingKey] { encoder.codingPath }

    private func prepare(_ name: String) throws {
        try encoder.prepare(.object)
        sink.output.write(name: name)
    }

    private func encode(integer value: some BinaryInteger, _ key: Key) throws {
        try prepare(key.stringValue)
        sink.output.write(value)
    }

    func encodeNil(forKey key: Key) throws {
        try prepare(key.stringValue)
        sink.output.writeNull()
    }

    func encode(_ value: Bool, forKey key: Key) throws {
        try prepare(key.stringValue)
        sink.output.write(value)
    }

    func encode(_ value: String, forKey key: Key) throws {
        try prepare(key.stringValue)
        sink.output.write(value)
    }

    func encode(_ value: Double, forKey key: Key) throws {
        try sink.check(value, encoder.path.appending(key))
        try prepare(key.stringValue)
        sink.output.write(finite: value)
    }

    func encode(_ value: Float, forKey key: Key) throws {
        try sink.check(value, encoder.path.appending(key))
        try prepare(key.stringValue)
        sink.output.write(finite: value)
    }

    func encode(_ value: Int, forKey key: Key) throws { try encode(integer: value, key) }
    func encode(_ value: Int8, forKey key: Key) throws { try encode(integer: value, key) }
    func encode(_ value: Int16, forKey key: Key) throws { try encode(integer: value, key) }
    func encode(_ value: Int32, forKey key: Key) throws { try encode(integer: value, key) }
    func encode(_ value: Int64, forKey key: Key) throws { try encode(integer: value, key) }
    func encode(_ value: Int128, forKey key: Key) throws { try encode(integer: value, key) }
    func encode(_ value: UInt, forKey key: Key) throws { try encode(integer: value, key) }
    func encode(_ value: UInt8, forKey key: Key) throws { try encode(integer: value, key) }
    func encode(_ value: UInt16, forKey key: Key) throws { try encode(integer: value, key) }
    func encode(_ value: UInt32, forKey key: Key) throws { try encode(integer: value, key) }
    func encode(_ value: UInt64, forKey key: Key) throws { try encode(integer: value, key) }
    func encode(_ value: UInt128, forKey key: Key) throws { try encode(integer: value, key) }

    func encode<Value: Encodable>(_ value: Value, forKey key: Key) throws {
        try sink.attempt {
            try prepare(key.stringValue)
            try sink.encode(value, encoder.path.appending(key))
        }
    }

    /// The encoder of a member that is written later.
    private func part(_ key: JSONKey) -> ValueEncoder {
        do { try prepare(key.stringValue) } catch { sink.fail(error) }
        return sink.part(encoder.path.appending(key))
    }

    func nestedContainer<NestedKey: CodingKey>(
        keyedBy keyType: NestedKey.Type, forKey key: Key
    ) -> KeyedEncodingContainer<NestedKey> { part(JSONKey(key)).container(keyedBy: keyType) }

    func nestedUnkeyedContainer(forKey key: Key) -> any UnkeyedEncodingContainer { part(JSONKey(key)).unkeyedContainer() }
    func superEncoder() -> any Encoder { part(JSONKey("super")) }
    func superEncoder(forKey key: Key) -> any Encoder { part(JSONKey(key)) }
}
