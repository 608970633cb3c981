/// Reads JSON (RFC 8259) value by value, strictly, and keeps the order of an object's members, which decoders into dictionaries lose.
///
/// Every method throws ``MalformedJSON`` where the text is not JSON.
struct JSONReader {
    /// What a value is, as its first byte tells.
    enum Kind: String {
        case object = "an object"
        case list = "a list"
        case text = "a text"
        case number = "a number"
        case boolean = "true or false"
        case null = "null"
    }

    /// How deep values may be nested that are passed over.
    private static let maximumDepth = 64

    private let bytes: [UInt8]
    private var position = 0

    init(_ bytes: [UInt8]) {
        self.bytes = bytes
    }

    /// What the next value is.
    mutating func kind() throws -> Kind {
        skipSpace()
        guard let byte = peek else { throw expected("a value") }
        switch byte {
        case UInt8(ascii: "{"): return .object
        case UInt8(ascii: "["): return .list
        case UInt8(ascii: "\""): return .text
        case UInt8(ascii: "t"), UInt8(ascii: "f"): return .boolean
        case UInt8(ascii: "n"): return .null
        case UInt8(ascii: "-"), UInt8(ascii: "0")...UInt8(ascii: "9"): return .number
        default: throw expected("a value")
        }
    }

    /// Reads an object; `member` is given each name and reads the value.
    mutating func readObject(member: (inout JSONReader, String) throws -> Void) throws {
        try expect("{")
        var isFirst = true
        while try advance(to: "}", isFirst: isFirst) {
            isFirst = false
            let name = try readText()
            try expect(":")
            try member(&self, name)
        }
    }

    /// Reads a list; `element` reads each value.
    mutating func readList(element: (inout JSONReader) throws -> Void) throws {
        try expect("[")
        var isFirst = true
        while try advance(to: "]", isFirst: isFirst) {
            isFirst = false
            try element(&self)
        }
    }

    /// Reads a text.
    mutating func readText() throws -> String {
        try expect("\"")
        let start = position
        while let byte = peek, byte != UInt8(ascii: "\""), byte != UInt8(ascii: "\\"), byte >= 0x20 { position += 1 }
        var decoded = Array(bytes[start..<position])
        while let byte = peek, byte >= 0x20 {
            position += 1
            switch byte {
            case UInt8(ascii: "\""):
                guard let text = String(validating: decoded, as: UTF8.self) else {
                    throw MalformedJSON(expected: "a text in UTF-8", offset: start)
                }
                return text
            case UInt8(ascii: "\\"): try appendEscaped(to: &decoded)
            default: decoded.append(byte)
            }
        }
        throw expected("the end of a text")
    }

    /// Passes over a value of any kind, and checks it.
    mutating func skipValue() throws {
        try skipValue(depth: 0)
    }

    /// Checks that nothing but space is left.
    mutating func finish() throws {
        skipSpace()
        guard position == bytes.count else { throw expected("the end") }
    }

    // MARK: Passing over

    private mutating func skipValue(depth: Int) throws {
        guard depth < Self.maximumDepth else { throw expected("at most \(Self.maximumDepth) levels of nesting") }
        switch try kind() {
        case .object:
            try readObject { reader, _ in try reader.skipValue(depth: depth + 1) }
        case .list:
            try readList { reader in try reader.skipValue(depth: depth + 1) }
        case .text: _ = try readText()
        case .number: try skipNumber()
        case .boolean: try skipWord(peek == UInt8(ascii: "t") ? "true" : "false")
        case .null: try skipWord("null")
        }
    }

    private mutating func skipNumber() throws {
        if peek == UInt8(ascii: "-") { position += 1 }
        if peek == UInt8(ascii: "0") { position += 1 } else { try skipDigits() }
        if peek == UInt8(ascii: ".") {
            position += 1
            try skipDigits()
        }
        if peek == UInt8(ascii: "e") || peek == UInt8(ascii: "E") {
            position += 1
            if peek == UInt8(ascii: "+") || peek == UInt8(ascii: "-") { position += 1 }
            try skipDigits()
        }
    }

    private mutating func skipDigits() throws {
        let start = position
        while let byte = peek, (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte) { position += 1 }
        guard position > start else { throw expected("a digit") }
    }

    private mutating func skipWord(_ word: StaticString) throws {
        guard bytes[position...].starts(with: word.description.utf8) else { throw expected("\(word)") }
        position += word.utf8CodeUnitCount
    }

    // MARK: Bytes

    private var peek: UInt8? { position < bytes.count ? bytes[position] : nil }

    private mutating func skipSpace() {
        while let byte = peek, byte == 0x20 || byte == 0x0A || byte == 0x0D || byte == 0x09 { position += 1 }
    }

    private mutating func expect(_ scalar: Unicode.Scalar) throws {
        skipSpace()
        guard peek == UInt8(ascii: scalar) else { throw expected("'\(scalar)'") }
        position += 1
    }

    /// Goes to the next item of an object or a list; `false` when it ends with `closing`.
    private mutating func advance(to closing: Unicode.Scalar, isFirst: Bool) throws -> Bool {
        skipSpace()
        if peek == UInt8(ascii: closing) {
            position += 1
            return false
        }
        if !isFirst { try expect(",") }
        return true
    }

    private func expected(_ what: String) -> MalformedJSON {
        MalformedJSON(expected: what, offset: position)
    }
}

extension JSONReader {
    // MARK: Escapes

    /// Reads what follows a backslash.
    private mutating func appendEscaped(to text: inout [UInt8]) throws {
        let escape = peek
        position += 1
        switch escape {
        case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"): text.append(bytes[position - 1])
        case UInt8(ascii: "b"): text.append(0x08)
        case UInt8(ascii: "f"): text.append(0x0C)
        case UInt8(ascii: "n"): text.append(0x0A)
        case UInt8(ascii: "r"): text.append(0x0D)
        case UInt8(ascii: "t"): text.append(0x09)
        case UInt8(ascii: "u"): text.append(contentsOf: String(Character(try readEscapedScalar())).utf8)
        default:
            position -= 1
            throw expected("an escape sequence")
        }
    }

    /// Reads the digits of `\u`, and those of the second half where the first is one of a pair.
    private mutating func readEscapedScalar() throws -> Unicode.Scalar {
        let start = position
        var units = [try readHexadecimal()]
        if UTF16.isLeadSurrogate(units[0]), bytes[position...].starts(with: "\\u".utf8) {
            position += 2
            units.append(try readHexadecimal())
        }
        var decoder = UTF16()
        var iterator = units.makeIterator()
        guard case .scalarValue(let scalar) = decoder.decode(&iterator), iterator.next() == nil else {
            throw MalformedJSON(expected: "both halves of a surrogate pair", offset: start)
        }
        return scalar
    }

    private mutating func readHexadecimal() throws -> UInt16 {
        var value: UInt16 = 0
        for _ in 0..<4 {
            guard let byte = peek, let digit = Character(Unicode.Scalar(byte)).hexDigitValue else { throw expected("a hexadecimal digit") }
            value = value << 4 | UInt16(digit)
            position += 1
        }
        return value
    }
}
