/// An array that is written element by element.
struct UnkeyedEncoding: UnkeyedEncodingContainer {
    let encoder: ValueEncoder

    private var sink: Sink { encoder.sink }
    var codingPath: [any CodingKey] { encoder.codingPath }
    var count: Int { sink.count(encoder.level, encoder.serial) }

    private func prepare() throws { try encoder.prepare(.array) }
    /// The way to the element that is being written.
    private var path: CodingPath { encoder.path.appending(index: count - 1) }

    private func encode(integer value: some BinaryInteger) throws {
        try prepare()
        sink.output.write(value)
    }

    func encodeNil() throws {
        try prepare()
        sink.output.writeNull()
    }

    func encode(_ value: Bool) throws {
        try prepare()
        sink.output.write(value)
    }

    func encode(_ value: String) throws {
        try prepare()
        sink.output.write(value)
    }

    func encode(_ value: Double) throws {
        try sink.check(value, encoder.path.appending(index: count))
        try prepare()
        sink.output.write(finite: value)
    }

    func encode(_ value: Float) throws {
        try sink.check(value, encoder.path.appending(index: count))
        try prepare()
        sink.output.write(finite: value)
    }

    func encode(_ value: Int) throws { try encode(integer: value) }
    func encode(_ value: Int8) throws { try encode(integer: value) }
    func encode(_ value: Int16) throws { try encode(integer: value) }
    func encode(_ value: Int32) throws { try encode(integer: value) }
    func encode(_ value: Int64) throws { try encode(integer: value) }
    func encode(_ value: Int128) throws { try encode(integer: value) }
    func encode(_ value: UInt) throws { try encode(integer: value) }
    func encode(_ value: UInt8) throws { try encode(integer: value) }
    func encode(_ value: UInt16) throws { try encode(integer: value) }
    func encode(_ value: UInt32) throws { try encode(integer: value) }
    func encode(_ value: UInt64) throws { try encode(integer: value) }
    func encode(_ value: UInt128) throws { try encode(integer: value) }

    func encode<Value: Encodable>(_ value: Value) throws {
        try sink.attempt {
            try prepare()
            try sink.encode(value, path)
        }
    }

    /// The encoder of an element that is written later.
    private func part() -> ValueEncoder {
        do { try prepare() } catch { sink.fail(error) }
        return sink.part(path)
    }

    func nestedContainer<Key: CodingKey>(keyedBy keyType: Key.Type) -> KeyedEncodingContainer<Key> {
        part().container(keyedBy: keyType)
    }

    func nestedUnkeyedContainer() -> any UnkeyedEncodingContainer { part().unkeyedContainer() }
    func superEncoder() -> any Encoder { part() }
}
