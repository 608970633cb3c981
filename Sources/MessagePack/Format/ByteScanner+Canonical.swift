extension ByteScanner {
    /// Moves past one value and writes it in the one form that all encodings of it have: integers, lengths and counts in the shortest form,
    /// the pairs of a map in the order of their keys' bytes. Floating-point numbers stay as wide as they are.
    ///
    /// `depth` more levels of nesting are allowed out of `limit`.
    mutating func readCanonicalValue(into output: inout [UInt8], depth: Int, limit: Int) throws(MessagePackError) {
        let tag = try peekTag()
        switch tag {
        case 0x00...0x7f, Tag.negativeFixInteger...0xff, Tag.unsigned8...Tag.signed64:
            switch try readNumber(expected: "integer") {
            case .signed(let number): output.write(integer: number)
            case .unsigned(let number): output.write(integer: number)
            case .float, .double: break
            }
        case Tag.fixString..<Tag.nil, Tag.string8...Tag.string32:
            guard let bytes = try readStringBytes() else { return }
            output.append(capacity: FormatStore.headerCapacity) { FormatStore.stringHeader(bytes.count, at: $0) }
            output.write(raw: bytes)
        case Tag.binary8...Tag.binary32:
            output.write(binary: try readBinary())
        case Tag.extension8...Tag.extension32, Tag.fixExtension1...Tag.fixExtension16:
            let (type, payload) = try readExtension()
            output.writeExtension(type: type, payload)
        case Tag.fixArray..<Tag.fixString, Tag.array16, Tag.array32:
            let count = try readArrayHeader()
            try checkDepth(depth, limit)
            output.writeArrayHeader(count)
            for _ in 0..<count { try readCanonicalValue(into: &output, depth: depth - 1, limit: limit) }
        case Tag.fixMap..<Tag.fixArray, Tag.map16, Tag.map32:
            try checkDepth(depth, limit)
            try readCanonicalMap(into: &output, depth: depth - 1, limit: limit)
        default:
            let start = offset
            try skipValue()
            output.write(raw: UnsafeRawBufferPointer(start: base + start, count: offset - start))
        }
    }

    private mutating func readCanonicalMap(into output: inout [UInt8], depth: Int, limit: Int) throws(MessagePackError) {
        let count = try readMapHeader()
        output.writeMapHeader(count)
        var pairs: [(key: [UInt8], value: [UInt8])] = []
        // Nested headers may each claim all that is left of the input.
        pairs.reserveCapacity(min(count, 256))
        for _ in 0..<count {
            var pair: (key: [UInt8], value: [UInt8]) = ([], [])
            try readCanonicalValue(into: &pair.key, depth: depth, limit: limit)
            try readCanonicalValue(into: &pair.value, depth: depth, limit: limit)
            pairs.append(pair)
        }
        pairs.sort { $0.key.lexicographicallyPrecedes($1.key) }
        for (index, pair) in pairs.enumerated() {
            // Which of the two counts depends on who reads them.
            if index > 0, pairs[index - 1].key == pair.key {
                throw MessagePackError(.duplicateKey, "a map has the same key twice", byteOffset: offset)
            }
            output.append(contentsOf: pair.key)
            output.append(contentsOf: pair.value)
        }
    }

    private func checkDepth(_ depth: Int, _ limit: Int) throws(MessagePackError) {
        guard depth > 0 else { throw .depth(at: offset, limit: limit) }
    }
}
