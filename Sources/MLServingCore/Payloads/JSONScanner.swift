/// Tells where the values of a JSON text begin and end, without decoding them.
///
/// It checks what it needs for that: quotes, brackets and separators. Whether numbers, literals and escapes are right is for the decoder of the
/// single values.
package struct JSONScanner {
    private let bytes: ArraySlice<UInt8>
    private var position: Int

    package init(_ bytes: ArraySlice<UInt8>) {
        self.bytes = bytes
        position = bytes.startIndex
    }

    /// The elements of the array at hand.
    package mutating func readElements() throws(ServingError) -> [ArraySlice<UInt8>] {
        var elements: [ArraySlice<UInt8>] = []
        try readItems(from: "[", to: "]") { scanner throws(ServingError) in
            elements.append(try scanner.readValue())
        }
        return elements
    }

    /// The members of the object at hand, names unescaped only where they need no unescaping.
    package mutating func readMembers() throws(ServingError) -> [(name: String, value: ArraySlice<UInt8>)] {
        var members: [(String, ArraySlice<UInt8>)] = []
        try readItems(from: "{", to: "}") { scanner throws(ServingError) in
            let name = try scanner.readValue()
            guard name.first == UInt8(ascii: "\"") else { throw scanner.error("a member name") }
            scanner.skipSpace()
            try scanner.expect(":")
            members.append((String(decoding: name.dropFirst().dropLast(), as: UTF8.self), try scanner.readValue()))
        }
        return members
    }

    /// Checks that nothing but space is left.
    package mutating func finish() throws(ServingError) {
        skipSpace()
        guard position == bytes.endIndex else { throw error("the end of the text") }
    }

    private mutating func readItems(
        from opening: Unicode.Scalar,
        to closing: Unicode.Scalar,
        item: (inout JSONScanner) throws(ServingError) -> Void
    ) throws(ServingError) {
        skipSpace()
        try expect(opening)
        skipSpace()
        if peek == UInt8(ascii: closing) {
            position += 1
            return
        }
        while true {
            try item(&self)
            skipSpace()
            if peek == UInt8(ascii: closing) {
                position += 1
                return
            }
            try expect(",")
        }
    }

    private var peek: UInt8? { position < bytes.endIndex ? bytes[position] : nil }

    private mutating func skipSpace() {
        while let byte = peek, byte == 0x20 || byte == 0x0A || byte == 0x0D || byte == 0x09 { position += 1 }
    }

    private mutating func expect(_ scalar: Unicode.Scalar) throws(ServingError) {
        guard peek == UInt8(ascii: scalar) else { throw error("'\(scalar)'") }
        position += 1
    }

    /// One value of any kind, brackets balanced. Iterative: depth costs no stack.
    mutating func readValue() throws(ServingError) -> ArraySlice<UInt8> {
        skipSpace()
        let start = position
        var depth = 0
        scan: while let byte = peek {
            switch byte {
            case UInt8(ascii: "\""):
                try skipString()
            case UInt8(ascii: "["), UInt8(ascii: "{"):
                depth += 1
                position += 1
            case UInt8(ascii: "]"), UInt8(ascii: "}"):
                if depth == 0 { break scan }
                depth -= 1
                position += 1
            case UInt8(ascii: ","), UInt8(ascii: ":"):
                if depth == 0 { break scan }
                position += 1
            case 0x20, 0x0A, 0x0D, 0x09:
                if depth == 0 { break scan }
                position += 1
            default:
                position += 1
            }
            if depth == 0, byte == UInt8(ascii: "\"") || byte == UInt8(ascii: "]") || byte == UInt8(ascii: "}") { break }
        }
        guard position > start, depth == 0 else { throw error("a value") }
        return bytes[start..<position]
    }

    private mutating func skipString() throws(ServingError) {
        position += 1
        while let byte = peek {
            position += byte == UInt8(ascii: "\\") ? 2 : 1
            if byte == UInt8(ascii: "\"") { return }
        }
        position = min(position, bytes.endIndex)
        throw error("the end of a string")
    }

    private func error(_ expected: String) -> ServingError {
        let offset = min(position, bytes.endIndex) - bytes.startIndex
        return ServingError(code: .malformedRequest, message: "JSON: expected \(expected) at byte \(offset)")
    }
}
