/// An object that is read by the names of its members.
struct KeyedDecoding<Key: CodingKey>: KeyedDecodingContainerProtocol {
    private let document: Document
    private let node: Int
    private let path: CodingPath
    /// Of objects that are not small.
    private let index: MemberIndex?

    /// Objects of so many members are searched from end to end.
    private static var largestSearched: Int { 12 }

    init(document: Document, node: Int, path: CodingPath) {
        self.document = document
        self.node = node
        self.path = path
        index = Int(document.nodes[node].count) > Self.largestSearched ? MemberIndex(document, node) : nil
    }

    var codingPath: [any CodingKey] { path.keys }

    /// The keys of all members, each once.
    var allKeys: [Key] {
        var keys: [Key] = []
        forEachName { name in
            let text = document.string(of: name)
            if find(text) == name + 1, let key = Key(stringValue: text) { keys.append(key) }
        }
        return keys
    }

    func contains(_ key: Key) -> Bool { find(key.stringValue) != nil }

    private func forEachName(_ body: (Int) -> Void) {
        let end = document.next(after: node)
        var name = node + 1
        while name < end {
            body(name)
            name = document.next(after: name + 1)
        }
    }

    /// The node of the value of the last member of this name.
    private func find(_ name: String) -> Int? {
        var name = name
        return name.withUTF8 { bytes in
            if let index { return index.find(bytes, document).map { $0 + 1 } }
            var found: Int?
            forEachName { if document.isName($0, bytes) { found = $0 + 1 } }
            return found
        }
    }

    private func value(_ key: Key) throws -> Int {
        if let node = find(key.stringValue) { return node }
        throw DecodingError.keyNotFound(
            key, .init(codingPath: path.keys, debugDescription: "the object has no member \"\(key.stringValue)\""))
    }

    private func integer<Value: FixedWidthInteger>(_ key: Key) throws -> Value {
        try document.integer(at: value(key), path.appending(key))
    }

    func decodeNil(forKey key: Key) throws -> Bool { try document.kind(of: value(key)) == .null }
    func decode(_ type: Bool.Type, forKey key: Key) throws -> Bool { try document.bool(at: value(key), path.appending(key)) }
    func decode(_ type: String.Type, forKey key: Key) throws -> String { try document.string(at: value(key), path.appending(key)) }
    func decode(_ type: Double.Type, forKey key: Key) throws -> Double { try document.double(at: value(key), path.appending(key)) }
    func decode(_ type: Float.Type, forKey key: Key) throws -> Float { try document.float(at: value(key), path.appending(key)) }
    func decode(_ type: Int.Type, forKey key: Key) throws -> Int { try integer(key) }
    func decode(_ type: Int8.Type, forKey key: Key) throws -> Int8 { try integer(key) }
    func decode(_ type: Int16.Type, forKey key: Key) throws -> Int16 { try integer(key) }
    func decode(_ type: Int32.Type, forKey key: Key) throws -> Int32 { try integer(key) }
    func decode(_ type: Int64.Type, forKey key: Key) throws -> Int64 { try integer(key) }
    func decode(_ type: Int128.Type, forKey key: Key) throws -> Int128 { try integer(key) }
    func decode(_ type: UInt.Type, forKey key: Key) throws -> UInt { try integer(key) }
    func decode(_ type: UInt8.Type, forKey key: Key) throws -> UInt8 { try integer(key) }
    func decode(_ type: UInt16.Type, forKey key: Key) throws -> UInt16 { try integer(key) }
    func decode(_ type: UInt32.Type, forKey key: Key) throws -> UInt32 { try integer(key) }
    func decode(_ type: UInt64.Type, forKey key: Key) throws -> UInt64 { try integer(key) }
    func decode(_ type: UInt128.Type, forKey key: Key) throws -> UInt128 { try integer(key) }

    func decode<Value: Decodable>(_ type: Value.Type, forKey key: Key) throws -> Value {
        try document.decode(type, at: value(key), path.appending(key))
    }

    private func decoder(_ key: Key) throws -> NodeDecoder {
        NodeDecoder(document: document, node: try value(key), path: path.appending(key))
    }

    func nestedContainer<NestedKey: CodingKey>(
        keyedBy type: NestedKey.Type, forKey key: Key
    ) throws -> KeyedDecodingContainer<NestedKey> { try decoder(key).container(keyedBy: type) }

    func nestedUnkeyedContainer(forKey key: Key) throws -> any UnkeyedDecodingContainer { try decoder(key).unkeyedContainer() }

    func superDecoder() throws -> any Decoder { superDecoder(JSONKey("super")) }
    func superDecoder(forKey key: Key) throws -> any Decoder { superDecoder(JSONKey(key)) }

    /// Where there is no such member, the decoder finds null: a superclass may have nothing to say.
    private func superDecoder(_ key: JSONKey) -> any Decoder {
        NodeDecoder(document: document, node: find(key.stringValue) ?? Document.missing, path: path.appending(key))
    }
}
