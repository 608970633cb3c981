/// Orders the entries of all maps in encoded values: other keys first, by their encoding, then strings by their UTF-8 bytes.
enum KeySorter {
    /// Deeper values can only come from the caller's own types or raw values; the limit keeps them from exhausting the stack.
    private static let maximumDepth = 512

    private struct Entry {
        /// The encoding of the key or, for a string, its text.
        var key: UnsafeRawBufferPointer
        var isString: Bool
        /// Where key and value are.
        var range: Range<Int>
        var valueOffset: Int
    }

    /// Appends the one value in `encoded` to `bytes`, its maps sorted.
    static func append(_ encoded: [UInt8], sortedTo bytes: inout [UInt8]) throws {
        let start = bytes.count
        bytes.reserveCapacity(start + encoded.count)
        do {
            try encoded.withUnsafeBytes { buffer in
                guard let base = buffer.baseAddress else { return }
                var scanner = ByteScanner(base: base, end: buffer.count, offset: 0)
                try append(&scanner, to: &bytes, depth: maximumDepth)
            }
        } catch {
            bytes.removeLast(bytes.count - start)
            let context = EncodingError.Context(
                codingPath: [], debugDescription: "the encoded value cannot be sorted: \(error)", underlyingError: error)
            throw EncodingError.invalidValue(encoded, context)
        }
    }

    private static func append(_ scanner: inout ByteScanner, to bytes: inout [UInt8], depth: Int) throws(MessagePackError) {
        let start = scanner.offset
        switch MessagePackType(tag: try scanner.peekTag()) {
        case .array:
            guard depth > 0 else { throw .depth(at: start, limit: maximumDepth) }
            let count = try scanner.readArrayHeader()
            copy(scanner, start..<scanner.offset, to: &bytes)
            for _ in 0..<count {
                try append(&scanner, to: &bytes, depth: depth - 1)
            }
        case .map:
            guard depth > 0 else { throw .depth(at: start, limit: maximumDepth) }
            let count = try scanner.readMapHeader()
            copy(scanner, start..<scanner.offset, to: &bytes)
            for entry in try readEntries(count, &scanner) {
                copy(scanner, entry.range.lowerBound..<entry.valueOffset, to: &bytes)
                var values = ByteScanner(base: scanner.base, end: entry.range.upperBound, offset: entry.valueOffset)
                try append(&values, to: &bytes, depth: depth - 1)
            }
        default:
            try scanner.skipValue()
            copy(scanner, start..<scanner.offset, to: &bytes)
        }
    }

    private static func readEntries(_ count: Int, _ scanner: inout ByteScanner) throws(MessagePackError) -> [Entry] {
        var entries: [Entry] = []
        for _ in 0..<count {
            let start = scanner.offset
            let text = try scanner.readStringBytes()
            if text == nil { try scanner.skipValue() }
            let valueOffset = scanner.offset
            try scanner.skipValue()
            let key = text ?? UnsafeRawBufferPointer(start: scanner.base + start, count: valueOffset - start)
            entries.append(Entry(key: key, isString: text != nil, range: start..<scanner.offset, valueOffset: valueOffset))
        }
        entries.sort { left, right in
            guard left.isString == right.isString else { return right.isString }
            return left.key.lexicographicallyPrecedes(right.key)
        }
        return entries
    }

    private static func copy(_ scanner: ByteScanner, _ range: Range<Int>, to bytes: inout [UInt8]) {
        bytes.append(contentsOf: UnsafeRawBufferPointer(start: scanner.base + range.lowerBound, count: range.count))
    }
}
