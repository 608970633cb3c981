/// A map being decoded.
struct KeyedDecoding<Key: CodingKey>: KeyedDecodingContainerProtocol {
    let state: DecodingState
    private let table: KeyTable.Reference
    private let node: CodingPath.Node
    /// The depth of the values in the map.
    private let depth: Int32

    init(state: DecodingState, offset: Int, depth: Int32, node: CodingPath.Node) throws(MessagePackError) {
        self.state = state
        self.table = try state.openTable(at: offset, depth: Int(depth))
        self.node = node
        self.depth = depth + 1
    }

    var codingPath: [any CodingKey] { state.path.keys(to: node) }

    var allKeys: [Key] {
        do throws(MessagePackError) {
            return try state.keys(Key.self, in: table)
        } catch {
            state.fail(state.failure(error, Key.self, node: node))
            return []
        }
    }

    func contains(_ key: Key) -> Bool {
        do {
            return try find(key) != nil
        } catch {
            state.fail(error)
            return false
        }
    }

    /// Where the value of `key` is; nil if there is none.
    @inline(__always)
    private func find(_ key: Key) throws -> Int? {
        do throws(MessagePackError) {
            return try state.find(key, in: table)
        } catch {
            throw state.failure(error, Key.self, node: node)
        }
    }

    @inline(__always)
    private func require(_ key: Key) throws -> Int {
        guard let offset = try find(key) else { throw notFound(key) }
        return offset
    }

    @inline(never)
    private func notFound(_ key: Key) -> DecodingError {
        let description = "the map has no key \"\(key.stringValue)\""
        return .keyNotFound(key, DecodingError.Context(codingPath: codingPath, debugDescription: description))
    }

    /// Where the value of `key` is; nil if there is none, or it is nil.
    @inline(__always)
    private func findIfPresent(_ key: Key) throws -> Int? {
        guard let offset = try find(key), !state.isNil(at: offset) else { return nil }
        return offset
    }

    @inline(__always)
    private func read<Value>(
        _ type: Value.Type, _ key: Key, at offset: Int, _ body: (inout ByteScanner) throws(MessagePackError) -> Value
    ) throws -> Value {
        do throws(MessagePackError) {
            return try state.read(at: offset, body)
        } catch {
            throw state.failure(error, type, node: node, step: .key(key))
        }
    }

    @inline(__always)
    func read<Value>(
        _ type: Value.Type, _ key: Key, _ body: (inout ByteScanner) throws(MessagePackError) -> Value
    ) throws -> Value {
        try read(type, key, at: require(key), body)
    }

    @inline(__always)
    func readIfPresent<Value>(
        _ type: Value.Type, _ key: Key, _ body: (inout ByteScanner) throws(MessagePackError) -> Value
    ) throws -> Value? {
        guard let offset = try findIfPresent(key) else { return nil }
        return try read(type, key, at: offset, body)
    }

    func decodeNil(forKey key: Key) throws -> Bool {
        state.isNil(at: try require(key))
    }

    func decode<Value: Decodable>(_ type: Value.Type, forKey key: Key) throws -> Value {
        try state.decode(type, at: require(key), depth: Int(depth), parent: node, step: .key(key))
    }

    func decodeIfPresent<Value: Decodable>(_ type: Value.Type, forKey key: Key) throws -> Value? {
        guard let offset = try findIfPresent(key) else { return nil }
        return try state.decode(type, at: offset, depth: Int(depth), parent: node, step: .key(key))
    }

    func nestedContainer<NestedKey: CodingKey>(
        keyedBy type: NestedKey.Type, forKey key: Key
    ) throws -> KeyedDecodingContainer<NestedKey> {
        try decoder(.key(key), at: require(key)).container(keyedBy: type)
    }

    func nestedUnkeyedContainer(forKey key: Key) throws -> any UnkeyedDecodingContainer {
        try decoder(.key(key), at: require(key)).unkeyedContainer()
    }

    func superDecoder() throws -> any Decoder {
        let offset: Int?
        do throws(MessagePackError) {
            offset = try state.find(SuperKey(), in: table)
        } catch {
            throw state.failure(error, Key.self, node: node)
        }
        guard let offset else {
            let context = DecodingError.Context(codingPath: codingPath, debugDescription: "the map has no key \"super\"")
            throw DecodingError.keyNotFound(SuperKey(), context)
        }
        return decoder(.key(SuperKey()), at: offset)
    }

    func superDecoder(forKey key: Key) throws -> any Decoder {
        try decoder(.key(key), at: require(key))
    }

    private func decoder(_ step: CodingPath.Step, at offset: Int) -> StateDecoder {
        StateDecoder(state: state, offset: offset, depth: depth, node: state.path.append(step, to: node))
    }
}
