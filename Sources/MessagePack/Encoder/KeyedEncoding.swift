/// A map being encoded.
struct KeyedEncoding<Key: CodingKey>: KeyedEncodingContainerProtocol {
    private let sink: EncodingSink
    private let frame: EncodingSink.FrameReference
    private let node: CodingPath.Node
    private let hasIntegerKeys: Bool

    init(sink: EncodingSink, start: Int, node: CodingPath.Node) {
        let hasIntegerKeys = DictionaryKey.isDictionaryKey(Key.self) && DictionaryKey.isInteger(inDictionary: sink.currentType)
        self.init(sink: sink, start: start, node: node, hasIntegerKeys: hasIntegerKeys)
    }

    init(sink: EncodingSink, start: Int, node: CodingPath.Node, hasIntegerKeys: Bool) {
        self.sink = sink
        self.frame = sink.openContainer(.map, start: start, node: node)
        self.node = node
        self.hasIntegerKeys = hasIntegerKeys
    }

    var codingPath: [any CodingKey] { sink.context.path.keys(to: node) }

    /// Writes the key, after which the value is to follow, and returns the offset of the key.
    @inline(__always)
    private func begin(_ key: Key) throws -> Int {
        let start = try sink.beginElement(frame, node: node)
        if hasIntegerKeys, let integer = key.intValue {
            sink.buffer.write(integer: integer)
        } else {
            sink.buffer.write(key.stringValue)
        }
        return start
    }

    @inline(__always)
    private func encodeLeaf<Value>(_ value: Value, as leaf: LeafType, forKey key: Key) throws {
        let start = try begin(key)
        do {
            try sink.encode(value, as: leaf, node: node, step: .key(key))
        } catch {
            sink.removeElement(frame, start: start)
            throw error
        }
    }

    mutating func encode<Value: Encodable>(_ value: Value, forKey key: Key) throws {
        if let leaf = LeafType.of(Value.self) { return try encodeLeaf(value, as: leaf, forKey: key) }
        let start = try begin(key)
        do {
            try sink.encode(value, parent: node, step: .key(key))
        } catch {
            sink.removeElement(frame, start: start)
            throw error
        }
    }

    mutating func nestedContainer<NestedKey: CodingKey>(
        keyedBy keyType: NestedKey.Type, forKey key: Key
    ) -> KeyedEncodingContainer<NestedKey> {
        let (sink, node) = nestedSink(.key(key)) { _ = try begin(key) }
        return KeyedEncodingContainer(KeyedEncoding<NestedKey>(sink: sink, start: 0, node: node))
    }

    mutating func nestedUnkeyedContainer(forKey key: Key) -> any UnkeyedEncodingContainer {
        let (sink, node) = nestedSink(.key(key)) { _ = try begin(key) }
        return UnkeyedEncoding(sink: sink, start: 0, node: node)
    }

    mutating func superEncoder() -> any Encoder {
        let (sink, node) = nestedSink(.key(SuperKey())) {
            _ = try self.sink.beginElement(frame, node: self.node)
            self.sink.buffer.write(SuperKey().stringValue)
        }
        return SinkEncoder(sink: sink, start: 0, node: node)
    }

    mutating func superEncoder(forKey key: Key) -> any Encoder {
        let (sink, node) = nestedSink(.key(key)) { _ = try begin(key) }
        return SinkEncoder(sink: sink, start: 0, node: node)
    }

    private func nestedSink(_ step: CodingPath.Step, begin: () throws -> Void) -> (EncodingSink, CodingPath.Node) {
        do { try begin() } catch { sink.context.fail(error) }
        return (sink.makeNestedSink(), sink.context.path.append(step, to: node))
    }

    mutating func encodeNil(forKey key: Key) throws {
        _ = try begin(key)
        sink.buffer.write(byte: Tag.nil)
    }

    mutating func encode(_ value: Bool, forKey key: Key) throws {
        _ = try begin(key)
        sink.buffer.write(value)
    }

    mutating func encode(_ value: String, forKey key: Key) throws {
        let start = try begin(key)
        if sink.encode(value) { return }
        sink.removeElement(frame, start: start)
        throw sink.tooLong(value, node: node, step: .key(key))
    }

    mutating func encode(_ value: Double, forKey key: Key) throws {
        _ = try begin(key)
        sink.buffer.write(value)
    }

    mutating func encode(_ value: Float, forKey key: Key) throws {
        _ = try begin(key)
        sink.buffer.write(value)
    }

    mutating func encode(_ value: Int, forKey key: Key) throws {
        _ = try begin(key)
        sink.buffer.write(integer: value)
    }

    mutating func encode(_ value: Int8, forKey key: Key) throws {
        _ = try begin(key)
        sink.buffer.write(integer: value)
    }

    mutating func encode(_ value: Int16, forKey key: Key) throws {
        _ = try begin(key)
        sink.buffer.write(integer: value)
    }

    mutating func encode(_ value: Int32, forKey key: Key) throws {
        _ = try begin(key)
        sink.buffer.write(integer: value)
    }

    mutating func encode(_ value: Int64, forKey key: Key) throws {
        _ = try begin(key)
        sink.buffer.write(integer: value)
    }

    mutating func encode(_ value: UInt, forKey key: Key) throws {
        _ = try begin(key)
        sink.buffer.write(integer: value)
    }

    mutating func encode(_ value: UInt8, forKey key: Key) throws {
        _ = try begin(key)
        sink.buffer.write(integer: value)
    }

    mutating func encode(_ value: UInt16, forKey key: Key) throws {
        _ = try begin(key)
        sink.buffer.write(integer: value)
    }

    mutating func encode(_ value: UInt32, forKey key: Key) throws {
        _ = try begin(key)
        sink.buffer.write(integer: value)
    }

    mutating func encode(_ value: UInt64, forKey key: Key) throws {
        _ = try begin(key)
        sink.buffer.write(integer: value)
    }
}
