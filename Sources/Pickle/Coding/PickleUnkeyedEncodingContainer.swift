struct PickleUnkeyedEncodingContainer: UnkeyedEncodingContainer {
    let encoder: PickleValueEncoder
    let box: PickleListBox

    var codingPath: [any CodingKey] { self.encoder.codingPath }
    var count: Int { self.box.slots.count }

    func encodeNil() { self.append(.none) }
    func encode(_ value: Bool) { self.append(.bool(value)) }
    func encode(_ value: String) { self.append(.string(value)) }
    func encode(_ value: Double) { self.append(value.pickleValue) }
    func encode(_ value: Float) { self.append(value.pickleValue) }
    func encode(_ value: Int) { self.append(value.pickleValue) }
    func encode(_ value: Int8) { self.append(value.pickleValue) }
    func encode(_ value: Int16) { self.append(value.pickleValue) }
    func encode(_ value: Int32) { self.append(value.pickleValue) }
    func encode(_ value: Int64) { self.append(value.pickleValue) }
    func encode(_ value: UInt) { self.append(value.pickleValue) }
    func encode(_ value: UInt8) { self.append(value.pickleValue) }
    func encode(_ value: UInt16) { self.append(value.pickleValue) }
    func encode(_ value: UInt32) { self.append(value.pickleValue) }
    func encode(_ value: UInt64) { self.append(value.pickleValue) }
    func encode(_ value: some Encodable) throws { self.append(try self.encoder.encoded(value, at: PickleIndexKey(self.count))) }

    func nestedContainer<NestedKey: CodingKey>(keyedBy type: NestedKey.Type) -> KeyedEncodingContainer<NestedKey> {
        self.nested().container(keyedBy: type)
    }

    func nestedUnkeyedContainer() -> any UnkeyedEncodingContainer { self.nested().unkeyedContainer() }

    func superEncoder() -> any Encoder { self.nested() }

    private func append(_ value: PickleValue) { self.box.slots.append(.value(value)) }

    private func nested() -> PickleValueEncoder {
        let path = self.codingPath + [PickleIndexKey(self.count)]
        let encoder = PickleValueEncoder(options: self.encoder.options, codingPath: path)
        self.box.slots.append(.encoder(encoder))
        return encoder
    }
}

/// The position of an element in coding paths.
struct PickleIndexKey: CodingKey {
    let intValue: Int?
    var stringValue: String { "Index \(self.intValue ?? 0)" }

    init(_ index: Int) { self.intValue = index }
    init?(intValue: Int) { self.intValue = intValue }
    init?(stringValue: String) { nil }
}
