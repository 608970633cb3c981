extension SinkEncoder: SingleValueEncodingContainer {
    private func checkEmpty() throws {
        guard sink.isEmpty(from: start) else {
            throw EncodingError.invalidValue(EncodingSink.Kind.array, sink.contextError(node, "a value was encoded twice"))
        }
    }

    func encode<Value: Encodable>(_ value: Value) throws {
        try checkEmpty()
        if let leaf = LeafType.of(Value.self) {
            try sink.encode(value, as: leaf, node: node, step: nil)
        } else {
            try sink.encode(value, parent: node, step: nil)
        }
    }

    func encodeNil() throws {
        try checkEmpty()
        sink.buffer.write(byte: Tag.nil)
    }

    func encode(_ value: Bool) throws {
        try checkEmpty()
        sink.buffer.write(value)
    }

    func encode(_ value: String) throws {
        try checkEmpty()
        guard sink.encode(value) else { throw sink.tooLong(value, node: node, step: nil) }
    }

    func encode(_ value: Double) throws {
        try checkEmpty()
        sink.buffer.write(value)
    }

    func encode(_ value: Float) throws {
        try checkEmpty()
        sink.buffer.write(value)
    }

    func encode(_ value: Int) throws {
        try checkEmpty()
        sink.buffer.write(integer: value)
    }

    func encode(_ value: Int8) throws {
        try checkEmpty()
        sink.buffer.write(integer: value)
    }

    func encode(_ value: Int16) throws {
        try checkEmpty()
        sink.buffer.write(integer: value)
    }

    func encode(_ value: Int32) throws {
        try checkEmpty()
        sink.buffer.write(integer: value)
    }

    func encode(_ value: Int64) throws {
        try checkEmpty()
        sink.buffer.write(integer: value)
    }

    func encode(_ value: UInt) throws {
        try checkEmpty()
        sink.buffer.write(integer: value)
    }

    func encode(_ value: UInt8) throws {
        try checkEmpty()
        sink.buffer.write(integer: value)
    }

    func encode(_ value: UInt16) throws {
        try checkEmpty()
        sink.buffer.write(integer: value)
    }

    func encode(_ value: UInt32) throws {
        try checkEmpty()
        sink.buffer.write(integer: value)
    }

    func encode(_ value: UInt64) throws {
        try checkEmpty()
        sink.buffer.write(integer: value)
    }
}
