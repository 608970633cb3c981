/// Reads formats from memory, checking every length against what is left.
///
/// Invariant that makes the pointer sound: `base` addresses at least `end` readable bytes for as long as the scanner is used (scanners
/// are local variables inside a closure that holds the memory), and every load is preceded by ``require(_:)``.
/// After a thrown error `offset` is unspecified.
struct ByteScanner {
    let base: UnsafeRawPointer
    let end: Int
    var offset: Int

    @inline(__always)
    init(base: UnsafeRawPointer, end: Int, offset: Int) {
        self.base = base
        self.end = end
        self.offset = offset
    }

    var isAtEnd: Bool { offset >= end }

    @inline(__always)
    func require(_ count: Int) throws(MessagePackError) {
        if end - offset < count { throw .truncated(at: offset, needs: count, has: end - offset) }
    }

    @inline(__always)
    func peekTag() throws(MessagePackError) -> UInt8 {
        try require(1)
        return base.load(fromByteOffset: offset, as: UInt8.self)
    }

    @inline(__always)
    mutating func load<Value: FixedWidthInteger>(_ type: Value.Type) throws(MessagePackError) -> Value {
        try require(MemoryLayout<Value>.size)
        let value = Value(bigEndian: base.loadUnaligned(fromByteOffset: offset, as: Value.self))
        offset += MemoryLayout<Value>.size
        return value
    }

    @inline(__always)
    mutating func take(_ count: Int) throws(MessagePackError) -> UnsafeRawBufferPointer {
        try require(count)
        let bytes = UnsafeRawBufferPointer(start: base + offset, count: count)
        offset += count
        return bytes
    }

    /// True, and past it, if the next value is nil.
    @inline(__always)
    mutating func skipNil() -> Bool {
        guard offset < end, base.load(fromByteOffset: offset, as: UInt8.self) == Tag.nil else { return false }
        offset += 1
        return true
    }

    mutating func readNil() throws(MessagePackError) {
        let tag = try peekTag()
        guard tag == Tag.nil else { throw .mismatch(at: offset, expected: "nil", tag: tag) }
        offset += 1
    }

    @inline(__always)
    mutating func readBool() throws(MessagePackError) -> Bool {
        let tag = try peekTag()
        guard tag == Tag.true || tag == Tag.false else { throw .mismatch(at: offset, expected: "bool", tag: tag) }
        offset += 1
        return tag == Tag.true
    }

    /// The bytes of the next string, not yet checked to be UTF-8; nil, without moving, if the next value is no string.
    @inline(__always)
    mutating func readStringBytes() throws(MessagePackError) -> UnsafeRawBufferPointer? {
        let tag = try peekTag()
        if tag & 0xe0 == Tag.fixString {
            offset += 1
            return try take(Int(tag & 0x1f))
        }
        guard tag >= Tag.string8, tag <= Tag.string32 else { return nil }
        offset += 1
        return try take(readLength(wide: tag - Tag.string8))
    }

    mutating func readString() throws(MessagePackError) -> String {
        let start = offset
        guard let bytes = try readStringBytes() else {
            throw try .mismatch(at: start, expected: "string", tag: peekTag())
        }
        guard let string = String(validUTF8: bytes) else {
            throw MessagePackError(.invalidUTF8, "the string is not valid UTF-8", byteOffset: start)
        }
        return string
    }

    /// The next binary value's bytes; nil, without moving, if the next value is not binary.
    mutating func readBinaryBytes() throws(MessagePackError) -> UnsafeRawBufferPointer? {
        let tag = try peekTag()
        guard tag >= Tag.binary8, tag <= Tag.binary32 else { return nil }
        offset += 1
        return try take(readLength(wide: tag - Tag.binary8))
    }

    mutating func readBinary() throws(MessagePackError) -> UnsafeRawBufferPointer {
        guard let bytes = try readBinaryBytes() else {
            throw try .mismatch(at: offset, expected: "binary", tag: peekTag())
        }
        return bytes
    }

    /// The number of elements of the next array. Every element takes a byte or more, so a larger number than bytes are left is refused.
    @inline(__always)
    mutating func readArrayHeader() throws(MessagePackError) -> Int {
        let start = offset
        let tag = try peekTag()
        let count: Int
        if tag & 0xf0 == Tag.fixArray {
            offset += 1
            count = Int(tag & 0x0f)
        } else if tag == Tag.array16 || tag == Tag.array32 {
            offset += 1
            count = try readLength(wide: tag - Tag.array16 + 1)
        } else {
            throw .mismatch(at: start, expected: "array", tag: tag)
        }
        if count > end - offset { throw .truncated(at: start, needs: count, has: end - offset) }
        return count
    }

    /// The number of pairs of the next map, bounded like that of an array.
    @inline(__always)
    mutating func readMapHeader() throws(MessagePackError) -> Int {
        let start = offset
        let tag = try peekTag()
        let count: Int
        if tag & 0xf0 == Tag.fixMap {
            offset += 1
            count = Int(tag & 0x0f)
        } else if tag == Tag.map16 || tag == Tag.map32 {
            offset += 1
            count = try readLength(wide: tag - Tag.map16 + 1)
        } else {
            throw .mismatch(at: start, expected: "map", tag: tag)
        }
        if 2 * count > end - offset { throw .truncated(at: start, needs: 2 * count, has: end - offset) }
        return count
    }

    mutating func readExtension() throws(MessagePackError) -> (type: Int8, payload: UnsafeRawBufferPointer) {
        let tag = try peekTag()
        let count: Int
        switch tag {
        case Tag.fixExtension1...Tag.fixExtension16:
            offset += 1
            count = 1 << Int(tag - Tag.fixExtension1)
        case Tag.extension8...Tag.extension32:
            offset += 1
            count = try readLength(wide: tag - Tag.extension8)
        default:
            throw .mismatch(at: offset, expected: "extension", tag: tag)
        }
        let type = try load(Int8.self)
        return (type, try take(count))
    }

    /// The length field that follows a tag: one byte wide for 0, two for 1, four for 2.
    @inline(__always)
    private mutating func readLength(wide exponent: UInt8) throws(MessagePackError) -> Int {
        switch exponent {
        case 0: Int(try load(UInt8.self))
        case 1: Int(try load(UInt16.self))
        default: Int(try load(UInt32.self))
        }
    }
}

extension String {
    /// A string of bytes that are valid UTF-8; nil if they are not. (`String(validating:as:)` does the same, five times slower.)
    @inline(__always)
    init?(validUTF8 bytes: UnsafeRawBufferPointer) {
        let span = bytes.bindMemory(to: UInt8.self).span
        guard let utf8 = try? UTF8Span(validating: span) else { return nil }
        self.init(copying: utf8)
    }
}
