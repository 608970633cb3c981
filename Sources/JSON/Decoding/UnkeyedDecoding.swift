/// An array that is read element by element.
struct UnkeyedDecoding: UnkeyedDecodingContainer {
    private let document: Document
    private let path: CodingPath
    private let end: Int
    private let elementCount: Int
    private var node: Int
    private(set) var currentIndex = 0

    init(document: Document, node: Int, path: CodingPath) {
        self.document = document
        self.path = path
        self.node = node + 1
        end = document.next(after: node)
        elementCount = Int(document.nodes[node].count)
    }

    var codingPath: [any CodingKey] { path.keys }
    var count: Int? { elementCount }
    var isAtEnd: Bool { node >= end }

    /// Reads the next element; one that does not decode stays the next.
    @inline(__always)
    private mutating func next<Value>(
        _ type: Any.Type, _ read: (Document, Int, () -> CodingPath) throws -> Value
    ) throws -> Value {
        guard node < end else {
            throw DecodingError.valueNotFound(
                type,
                .init(
                    codingPath: path.appending(index: currentIndex).keys,
                    debugDescription: "the array has no more than \(elementCount) elements"))
        }
        let (path, index) = (path, currentIndex)
        let value = try read(document, node) { path.appending(index: index) }
        node = document.next(after: node)
        currentIndex += 1
        return value
    }

    private mutating func integer<Value: FixedWidthInteger>() throws -> Value {
        try next(Value.self) { try $0.integer(at: $1, $2()) }
    }

    mutating func decodeNil() throws -> Bool {
        guard node < end else { return try next(Never?.self) { _, _, _ in false } }
        guard document.kind(of: node) == .null else { return false }
        return try next(Never?.self) { _, _, _ in true }
    }

    mutating func decode(_ type: Bool.Type) throws -> Bool { try next(type) { try $0.bool(at: $1, $2()) } }
    mutating func decode(_ type: String.Type) throws -> String { try next(type) { try $0.string(at: $1, $2()) } }
    mutating func decode(_ type: Double.Type) throws -> Double { try next(type) { try $0.double(at: $1, $2()) } }
    mutating func decode(_ type: Float.Type) throws -> Float { try next(type) { try $0.float(at: $1, $2()) } }
    mutating func decode(_ type: Int.Type) throws -> Int { try integer() }
    mutating func decode(_ type: Int8.Type) throws -> Int8 { try integer() }
    mutating func decode(_ type: Int16.Type) throws -> Int16 { try integer() }
    mutating func decode(_ type: Int32.Type) throws -> Int32 { try integer() }
    mutating func decode(_ type: Int64.Type) throws -> Int64 { try integer() }
    mutating func decode(_ type: Int128.Type) throws -> Int128 { try integer() }
    mutating func decode(_ type: UInt.Type) throws -> UInt { try integer() }
    mutating func decode(_ type: UInt8.Type) throws -> UInt8 { try integer() }
    mutating func decode(_ type: UInt16.Type) throws -> UInt16 { try integer() }
    mutating func decode(_ type: UInt32.Type) throws -> UInt32 { try integer() }
    mutating func decode(_ type: UInt64.Type) throws -> UInt64 { try integer() }
    mutating func decode(_ type: UInt128.Type) throws -> UInt128 { try integer() }
    mutating func decode<Value: Decodable>(_ type: Value.Type) throws -> Value {
        try next(type) { try $0.decode(type, at: $1, $2()) }
    }

    private mutating func decoder(_ type: Any.Type) throws -> NodeDecoder {
        try next(type) { NodeDecoder(document: $0, node: $1, path: $2()) }
    }

    mutating func nestedContainer<Key: CodingKey>(keyedBy type: Key.Type) throws -> KeyedDecodingContainer<Key> {
        try next(KeyedDecodingContainer<Key>.self) {
            try NodeDecoder(document: $0, node: $1, path: $2()).container(keyedBy: type)
        }
    }

    mutating func nestedUnkeyedContainer() throws -> any UnkeyedDecodingContainer {
        try next((any UnkeyedDecodingContainer).self) {
            try NodeDecoder(document: $0, node: $1, path: $2()).unkeyedContainer()
        }
    }

    mutating func superDecoder() throws -> any Decoder { try decoder((any Decoder).self) }
}
