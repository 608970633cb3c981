/// An array being decoded, or a binary value as an array of its bytes, which is how Foundation's `Data` asks for it.
struct UnkeyedDecoding: UnkeyedDecodingContainer {
    let state: DecodingState
    private let start: Int
    private let elementCount: Int
    private let isBinary: Bool
    /// Where the next element begins.
    private var offset: Int
    private(set) var currentIndex = 0
    private let node: CodingPath.Node
    /// The depth of the elements.
    private let depth: Int32

    init(state: DecodingState, offset: Int, depth: Int32, node: CodingPath.Node) throws(MessagePackError) {
        guard depth < state.limits.maximumDepth else { throw .depth(at: offset, limit: state.limits.maximumDepth) }
        var scanner = state.scanner(at: offset)
        if let bytes = try scanner.readBinaryBytes() {
            self.isBinary = true
            self.elementCount = bytes.count
            self.offset = scanner.offset - bytes.count
        } else {
            self.isBinary = false
            self.elementCount = try scanner.readArrayHeader()
            self.offset = scanner.offset
        }
        self.state = state
        self.start = offset
        self.node = node
        self.depth = depth + 1
    }

    var codingPath: [any CodingKey] { state.path.keys(to: node) }
    var count: Int? { elementCount }
    var isAtEnd: Bool { currentIndex >= elementCount }

    /// Moves past the element that was just read.
    @inline(__always)
    private mutating func advance(to end: Int) {
        offset = end
        currentIndex += 1
        if isAtEnd { state.note(valueAt: start, endsAt: end) }
    }

    /// Throws unless there is another element, of the kind that encoded values are.
    @inline(__always)
    private func checkElement(_ type: Any.Type) throws {
        if isAtEnd || isBinary { throw noElement(type) }
    }

    @inline(never)
    private func noElement(_ type: Any.Type) -> DecodingError {
        let path = state.path.keys(to: node, then: .index(currentIndex))
        if isAtEnd {
            let description = "the array has only \(elementCount) elements"
            return .valueNotFound(type, DecodingError.Context(codingPath: path, debugDescription: description))
        }
        return .typeMismatch(
            type, DecodingError.Context(codingPath: path, debugDescription: "expected \(type), found a byte of a binary value"))
    }

    @inline(__always)
    private mutating func read<Value>(
        _ type: Value.Type, _ body: (inout ByteScanner) throws(MessagePackError) -> Value
    ) throws -> Value {
        try checkElement(type)
        var scanner = state.scanner(at: offset)
        do throws(MessagePackError) {
            let value = try body(&scanner)
            advance(to: scanner.offset)
            return value
        } catch {
            throw state.failure(error, type, node: node, step: .index(currentIndex))
        }
    }

    @inline(__always)
    private mutating func readInteger<Value: FixedWidthInteger>(_ type: Value.Type) throws -> Value {
        guard isBinary, !isAtEnd else {
            return try read(type) { scanner throws(MessagePackError) in try scanner.readInteger(as: type) }
        }
        return try readByte(type)
    }

    private mutating func readByte<Value: FixedWidthInteger>(_ type: Value.Type) throws -> Value {
        var scanner = state.scanner(at: offset)
        do throws(MessagePackError) {
            let byte = try scanner.load(UInt8.self)
            guard let value = Value(exactly: byte) else { throw MessagePackError.outOfRange(at: offset, byte, type) }
            advance(to: scanner.offset)
            return value
        } catch {
            throw state.failure(error, type, node: node, step: .index(currentIndex))
        }
    }

    /// Finds the end of the element that begins at the current offset, and moves there.
    private mutating func skip() throws {
        do throws(MessagePackError) {
            advance(to: try state.end(ofValueAt: offset))
        } catch {
            throw state.failure(error, Any.self, node: node, step: .index(currentIndex))
        }
    }

    mutating func decodeNil() throws -> Bool {
        if isAtEnd { throw noElement(Any?.self) }
        guard !isBinary, state.isNil(at: offset) else { return false }
        advance(to: offset + 1)
        return true
    }

    mutating func decode<Value: Decodable>(_ type: Value.Type) throws -> Value {
        if isBinary, type == UInt8.self, let byte = try decode(UInt8.self) as? Value { return byte }
        try checkElement(type)
        let value = try state.decode(type, at: offset, depth: Int(depth), parent: node, step: .index(currentIndex))
        try skip()
        return value
    }

    mutating func nestedContainer<NestedKey: CodingKey>(keyedBy type: NestedKey.Type) throws -> KeyedDecodingContainer<NestedKey> {
        try nestedDecoder([String: Any].self).container(keyedBy: type)
    }

    mutating func nestedUnkeyedContainer() throws -> any UnkeyedDecodingContainer {
        try nestedDecoder([Any].self).unkeyedContainer()
    }

    mutating func superDecoder() throws -> any Decoder {
        try nestedDecoder((any Decoder).self)
    }

    /// A decoder of the next element, which is passed at once.
    private mutating func nestedDecoder(_ type: Any.Type) throws -> StateDecoder {
        try checkElement(type)
        let element = offset
        let nestedNode = state.path.append(.index(currentIndex), to: node)
        try skip()
        return StateDecoder(state: state, offset: element, depth: depth, node: nestedNode)
    }

    mutating func decode(_ type: Bool.Type) throws -> Bool {
        try read(type) { scanner throws(MessagePackError) in try scanner.readBool() }
    }

    mutating func decode(_ type: String.Type) throws -> String {
        try read(type) { scanner throws(MessagePackError) in try scanner.readString() }
    }

    mutating func decode(_ type: Double.Type) throws -> Double {
        try read(type) { scanner throws(MessagePackError) in try scanner.readDouble() }
    }

    mutating func decode(_ type: Float.Type) throws -> Float {
        try read(type) { scanner throws(MessagePackError) in try scanner.readFloat() }
    }

    mutating func decode(_ type: Int.Type) throws -> Int {
        try readInteger(type)
    }

    mutating func decode(_ type: Int8.Type) throws -> Int8 {
        try readInteger(type)
    }

    mutating func decode(_ type: Int16.Type) throws -> Int16 {
        try readInteger(type)
    }

    mutating func decode(_ type: Int32.Type) throws -> Int32 {
        try readInteger(type)
    }

    mutating func decode(_ type: Int64.Type) throws -> Int64 {
        try readInteger(type)
    }

    mutating func decode(_ type: UInt.Type) throws -> UInt {
        try readInteger(type)
    }

    mutating func decode(_ type: UInt8.Type) throws -> UInt8 {
        try readInteger(type)
    }

    mutating func decode(_ type: UInt16.Type) throws -> UInt16 {
        try readInteger(type)
    }

    mutating func decode(_ type: UInt32.Type) throws -> UInt32 {
        try readInteger(type)
    }

    mutating func decode(_ type: UInt64.Type) throws -> UInt64 {
        try readInteger(type)
    }
}
