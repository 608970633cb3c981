internal import FoundationEssentials

/// Decodes the value at one node.
struct NodeDecoder: Decoder {
    let document: Document
    let node: Int
    let path: CodingPath

    var codingPath: [any CodingKey] { path.keys }
    var userInfo: [CodingUserInfoKey: Any] { document.userInfo }

    /// The value as it is.
    var value: JSONValue { node == Document.missing ? .null : document.value(at: node) }

    func container<Key: CodingKey>(keyedBy type: Key.Type) throws -> KeyedDecodingContainer<Key> {
        guard document.kind(of: node) == .object else {
            throw document.mismatch([String: Any].self, expected: "an object", at: node, path)
        }
        return KeyedDecodingContainer(KeyedDecoding(document: document, node: node, path: path))
    }

    func unkeyedContainer() throws -> any UnkeyedDecodingContainer {
        guard document.kind(of: node) == .array else {
            throw document.mismatch([Any].self, expected: "an array", at: node, path)
        }
        return UnkeyedDecoding(document: document, node: node, path: path)
    }

    func singleValueContainer() throws -> any SingleValueDecodingContainer { self }
}

extension Document {
    /// Decodes the value at `node`.
    func decode<Value: Decodable>(_ type: Value.Type, at node: Int, _ path: @autoclosure () -> CodingPath) throws -> Value {
        if kind(of: node) == .array, let value = try primitives(type, at: node, path()) { return value }
        if type == String.self, let value = try string(at: node, path()) as? Value { return value }
        if let value = try foundationValue(type, at: node, path()) { return value }
        if type == JSONValue.self, let value = NodeDecoder(document: self, node: node, path: .root).value as? Value { return value }
        if type == URLComponents.self { try checkComponents(at: node, path()) }
        let value = try Value(from: NodeDecoder(document: self, node: node, path: path()))
        if type == Duration.self { try check(value as? Duration, path()) }
        return value
    }
}

extension NodeDecoder: SingleValueDecodingContainer {
    func decodeNil() -> Bool { document.kind(of: node) == .null }
    func decode(_ type: Bool.Type) throws -> Bool { try document.bool(at: node, path) }
    func decode(_ type: String.Type) throws -> String { try document.string(at: node, path) }
    func decode(_ type: Double.Type) throws -> Double { try document.double(at: node, path) }
    func decode(_ type: Float.Type) throws -> Float { try document.float(at: node, path) }
    func decode(_ type: Int.Type) throws -> Int { try document.integer(at: node, path) }
    func decode(_ type: Int8.Type) throws -> Int8 { try document.integer(at: node, path) }
    func decode(_ type: Int16.Type) throws -> Int16 { try document.integer(at: node, path) }
    func decode(_ type: Int32.Type) throws -> Int32 { try document.integer(at: node, path) }
    func decode(_ type: Int64.Type) throws -> Int64 { try document.integer(at: node, path) }
    func decode(_ type: Int128.Type) throws -> Int128 { try document.integer(at: node, path) }
    func decode(_ type: UInt.Type) throws -> UInt { try document.integer(at: node, path) }
    func decode(_ type: UInt8.Type) throws -> UInt8 { try document.integer(at: node, path) }
    func decode(_ type: UInt16.Type) throws -> UInt16 { try document.integer(at: node, path) }
    func decode(_ type: UInt32.Type) throws -> UInt32 { try document.integer(at: node, path) }
    func decode(_ type: UInt64.Type) throws -> UInt64 { try document.integer(at: node, path) }
    func decode(_ type: UInt128.Type) throws -> UInt128 { try document.integer(at: node, path) }
    func decode<Value: Decodable>(_ type: Value.Type) throws -> Value { try document.decode(type, at: node, path) }
}
