/// An array being encoded, or the bytes of a collection such as Foundation's `Data`, which become a binary value.
struct UnkeyedEncoding: UnkeyedEncodingContainer {
    private let sink: EncodingSink
    private let frame: EncodingSink.FrameReference
    private let node: CodingPath.Node

    init(sink: EncodingSink, start: Int, node: CodingPath.Node) {
        self.sink = sink
        self.frame = sink.openContainer(.array, start: start, node: node)
        self.node = node
    }

    var codingPath: [any CodingKey] { sink.context.path.keys(to: node) }
    var count: Int { sink.count(frame) }

    /// Counts an element, which is to follow, and returns the offset at which it begins.
    @inline(__always)
    private func begin() throws -> Int {
        let start = try sink.beginElement(frame, node: node)
        guard sink.kind(frame) != .binary else {
            sink.removeElement(frame, start: start)
            let message = "a collection of bytes encoded something else between its bytes"
            throw EncodingError.invalidValue(EncodingSink.Kind.binary, sink.contextError(node, message))
        }
        return start
    }

    private var step: CodingPath.Step { .index(max(count - 1, 0)) }

    @inline(__always)
    private func encodeLeaf<Value>(_ value: Value, as leaf: LeafType) throws {
        let start = try begin()
        do {
            try sink.encode(value, as: leaf, node: node, step: step)
        } catch {
            sink.removeElement(frame, start: start)
            throw error
        }
    }

    mutating func encode<Value: Encodable>(_ value: Value) throws {
        if let leaf = LeafType.of(Value.self) {
            if case .uint8 = leaf, let byte = value as? UInt8 { return try encode(byte) }
            return try encodeLeaf(value, as: leaf)
        }
        let start = try begin()
        do {
            try sink.encode(value, parent: node, step: step)
        } catch {
            sink.removeElement(frame, start: start)
            throw error
        }
    }

    mutating func nestedContainer<NestedKey: CodingKey>(keyedBy keyType: NestedKey.Type) -> KeyedEncodingContainer<NestedKey> {
        let (sink, node) = nestedSink()
        return KeyedEncodingContainer(KeyedEncoding<NestedKey>(sink: sink, start: 0, node: node))
    }

    mutating func nestedUnkeyedContainer() -> any UnkeyedEncodingContainer {
        let (sink, node) = nestedSink()
        return UnkeyedEncoding(sink: sink, start: 0, node: node)
    }

    mutating func superEncoder() -> any Encoder {
        let (sink, node) = nestedSink()
        return SinkEncoder(sink: sink, start: 0, node: node)
    }

    private func nestedSink() -> (EncodingSink, CodingPath.Node) {
        do { _ = try begin() } catch { sink.context.fail(error) }
        return (sink.makeNestedSink(), sink.context.path.append(step, to: node))
    }

    mutating func encodeNil() throws {
        _ = try begin()
        sink.buffer.write(byte: Tag.nil)
    }

    mutating func encode(_ value: UInt8) throws {
        if sink.becomesBinary(frame) {
            try withUnsafeBytes(of: value) { try sink.append($0, to: frame, node: node) }
        } else {
            _ = try begin()
            sink.buffer.write(integer: value)
        }
    }

    mutating func encode<Bytes: Sequence>(contentsOf sequence: Bytes) throws where Bytes.Element == UInt8 {
        let isDone = try sequence.withContiguousStorageIfAvailable { bytes in
            guard !bytes.isEmpty, sink.becomesBinary(frame) else { return false }
            try sink.append(UnsafeRawBufferPointer(bytes), to: frame, node: node)
            return true
        }
        if isDone == true { return }
        for byte in sequence {
            try encode(byte)
        }
    }

    mutating func encode(_ value: Bool) throws {
        _ = try begin()
        sink.buffer.write(value)
    }

    mutating func encode(_ value: String) throws {
        let start = try begin()
        if sink.encode(value) { return }
        sink.removeElement(frame, start: start)
        throw sink.tooLong(value, node: node, step: step)
    }

    mutating func encode(_ value: Double) throws {
        _ = try begin()
        sink.buffer.write(value)
    }

    mutating func encode(_ value: Float) throws {
        _ = try begin()
        sink.buffer.write(value)
    }

    mutating func encode(_ value: Int) throws {
        _ = try begin()
        sink.buffer.write(integer: value)
    }

    mutating func encode(_ value: Int8) throws {
        _ = try begin()
        sink.buffer.write(integer: value)
    }

    mutating func encode(_ value: Int16) throws {
        _ = try begin()
        sink.buffer.write(integer: value)
    }

    mutating func encode(_ value: Int32) throws {
        _ = try begin()
        sink.buffer.write(integer: value)
    }

    mutating func encode(_ value: Int64) throws {
        _ = try begin()
        sink.buffer.write(integer: value)
    }

    mutating func encode(_ value: UInt) throws {
        _ = try begin()
        sink.buffer.write(integer: value)
    }

    mutating func encode(_ value: UInt16) throws {
        _ = try begin()
        sink.buffer.write(integer: value)
    }

    mutating func encode(_ value: UInt32) throws {
        _ = try begin()
        sink.buffer.write(integer: value)
    }

    mutating func encode(_ value: UInt64) throws {
        _ = try begin()
        sink.buffer.write(integer: value)
    }
}
