/// Encodes one value, in whatever form it takes.
struct ValueEncoder: Encoder {
    let sink: Sink
    let level: Int
    let serial: Int
    let path: CodingPath

    var codingPath: [any CodingKey] { path.keys }
    var userInfo: [CodingUserInfoKey: Any] { sink.userInfo }

    func container<Key: CodingKey>(keyedBy type: Key.Type) -> KeyedEncodingContainer<Key> {
        sink.begin(level, serial, .object, path)
        return KeyedEncodingContainer(KeyedEncoding(encoder: self))
    }

    func unkeyedContainer() -> any UnkeyedEncodingContainer {
        sink.begin(level, serial, .array, path)
        return UnkeyedEncoding(encoder: self)
    }

    func singleValueContainer() -> any SingleValueEncodingContainer { self }

    func prepare(_ form: Sink.Form) throws { try sink.prepare(level, serial, form, path) }
}

extension ValueEncoder: SingleValueEncodingContainer {
    func encodeNil() throws {
        try prepare(.single)
        sink.output.writeNull()
    }

    func encode(_ value: Bool) throws {
        try prepare(.single)
        sink.output.write(value)
    }

    func encode(_ value: String) throws {
        try prepare(.single)
        sink.output.write(value)
    }

    func encode(_ value: Double) throws {
        try sink.check(value, path)
        try prepare(.single)
        sink.output.write(finite: value)
    }

    func encode(_ value: Float) throws {
        try sink.check(value, path)
        try prepare(.single)
        sink.output.write(finite: value)
    }

    private func encode(integer value: some BinaryInteger) throws {
        try prepare(.single)
        sink.output.write(value)
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
            try prepare(.single)
            try sink.encode(value, path)
        }
    }
}
