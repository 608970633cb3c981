/// The textual forms of protocol 0, and text in general.
enum PickleText {
    /// As many digits as CPython converts before it refuses, because the time grows with their square.
    static let maximumDigits = 4300

    /// UTF-8, as it is in the binary opcodes.
    static func utf8(_ bytes: UnsafeRawBufferPointer) throws(PickleError) -> String {
        let units = bytes.assumingMemoryBound(to: UInt8.self)
        let text = String(decoding: units, as: UTF8.self)
        // Decoding repairs what is invalid; ASCII needs no repair, and of other text the bytes tell.
        guard units.reduce(0, |) < 0x80 || text.utf8.elementsEqual(units) else {
            throw PickleError(.invalidText, "a string is not valid UTF-8; lone surrogates are not supported")
        }
        return text
    }

    /// Bytes read as Latin-1.
    static func latin1(_ bytes: some Sequence<UInt8>) -> String {
        String(String.UnicodeScalarView(bytes.map { Unicode.Scalar($0) }))
    }

    /// The Latin-1 bytes of a text, or nil if it has other characters.
    static func latin1Bytes(_ text: String) -> [UInt8]? {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(text.utf8.count)
        for scalar in text.unicodeScalars {
            guard let byte = UInt8(exactly: scalar.value) else { return nil }
            bytes.append(byte)
        }
        return bytes
    }

    /// An index of the memo.
    static func index(_ line: UnsafeRawBufferPointer) throws(PickleError) -> UInt32 {
        guard line.count <= 10, let index = UInt32(String(decoding: line, as: UTF8.self)) else {
            throw PickleError(.malformed, "'\(Self.shown(line))' is not an index of the memo")
        }
        return index
    }

    /// Decimal digits with an optional sign and an optional `L`, or `00` and `01` for truth values.
    static func integer(_ line: UnsafeRawBufferPointer, allowsBool: Bool) throws(PickleError) -> PickleCell {
        if allowsBool, line.elementsEqual("00".utf8) { return .bool(false) }
        if allowsBool, line.elementsEqual("01".utf8) { return .bool(true) }
        let digits = line.last == UInt8(ascii: "L") ? line.dropLast() : line[...]
        guard digits.count <= Self.maximumDigits + 1 else {
            throw PickleError.exceeded("the limit of decimal digits", Self.maximumDigits, "an integer has \(digits.count) characters")
        }
        guard let value = PickleInteger(decimal: digits) else {
            throw PickleError(.malformed, "'\(Self.shown(line))' is not an integer")
        }
        return Int64(exactly: value).map { .int($0) } ?? .bigInteger(value)
    }

    /// A decimal number, `inf`, `-inf` or `nan`.
    static func float(_ line: UnsafeRawBufferPointer) throws(PickleError) -> Double {
        let text = String(decoding: line.prefix(400), as: UTF8.self)
        let isDecimal = line.allSatisfy { "0123456789+-.eE".utf8.contains($0) }
        let isName = ["inf", "-inf", "nan", "-nan"].contains(text)
        guard line.count < 400, isDecimal || isName, let value = Double(text) else {
            throw PickleError(.malformed, "'\(Self.shown(line))' is not a number")
        }
        return value
    }

    /// A `str` of Python 2 as `repr` writes it, in quotes with backslash escapes.
    static func quoted(_ line: UnsafeRawBufferPointer) throws(PickleError) -> [UInt8] {
        guard line.count >= 2, let quote = line.first, quote == line.last, quote == UInt8(ascii: "'") || quote == UInt8(ascii: "\"")
        else { throw PickleError(.malformed, "a string without quotes") }
        var rest = line.dropFirst().dropLast()
        var bytes: [UInt8] = []
        bytes.reserveCapacity(rest.count)
        while let byte = rest.popFirst() {
            guard byte == UInt8(ascii: "\\") else {
                bytes.append(byte)
                continue
            }
            guard let escape = rest.popFirst() else { throw PickleError(.malformed, "a string ends in a backslash") }
            switch escape {
            case UInt8(ascii: "\\"), UInt8(ascii: "'"), UInt8(ascii: "\""): bytes.append(escape)
            case UInt8(ascii: "n"): bytes.append(0x0a)
            case UInt8(ascii: "r"): bytes.append(0x0d)
            case UInt8(ascii: "t"): bytes.append(0x09)
            case UInt8(ascii: "a"): bytes.append(0x07)
            case UInt8(ascii: "b"): bytes.append(0x08)
            case UInt8(ascii: "f"): bytes.append(0x0c)
            case UInt8(ascii: "v"): bytes.append(0x0b)
            case UInt8(ascii: "x"):
                guard rest.count >= 2, let value = Self.hexadecimal(rest.prefix(2)) else {
                    throw PickleError(.malformed, "an incomplete \\x escape")
                }
                rest = rest.dropFirst(2)
                bytes.append(UInt8(truncatingIfNeeded: value))
            case UInt8(ascii: "0")...UInt8(ascii: "7"):
                var value = UInt32(escape & 7)
                var digits = 1
                while digits < 3, let digit = rest.first, (UInt8(ascii: "0")...UInt8(ascii: "7")).contains(digit) {
                    value = value << 3 | UInt32(digit & 7)
                    rest = rest.dropFirst()
                    digits += 1
                }
                bytes.append(UInt8(truncatingIfNeeded: value))
            default: bytes += [byte, escape]
            }
        }
        return bytes
    }

    /// Text in Python's `raw-unicode-escape`: Latin-1 with `\uXXXX` and `\UXXXXXXXX`, where any other escape stands for itself.
    static func rawUnicodeEscape(_ line: UnsafeRawBufferPointer) throws(PickleError) -> String {
        var rest = line[...]
        var text = String.UnicodeScalarView()
        while let byte = rest.popFirst() {
            guard byte == UInt8(ascii: "\\"), let escape = rest.first else {
                text.append(Unicode.Scalar(byte))
                continue
            }
            let length = escape == UInt8(ascii: "u") ? 4 : escape == UInt8(ascii: "U") ? 8 : 0
            rest = rest.dropFirst()
            guard length > 0 else {
                text.append(Unicode.Scalar(byte))
                text.append(Unicode.Scalar(escape))
                continue
            }
            guard rest.count >= length, let value = Self.hexadecimal(rest.prefix(length)) else {
                throw PickleError(.malformed, "an incomplete \\u escape")
            }
            guard let scalar = Unicode.Scalar(value) else {
                throw PickleError(.invalidText, "a string has a lone surrogate, which is not supported")
            }
            text.append(scalar)
            rest = rest.dropFirst(length)
        }
        return String(text)
    }

    private static func hexadecimal(_ digits: some Collection<UInt8>) -> UInt32? {
        var value: UInt32 = 0
        for digit in digits {
            guard let nibble = Character(Unicode.Scalar(digit)).hexDigitValue else { return nil }
            value = value << 4 | UInt32(nibble)
        }
        return value
    }

    private static func shown(_ line: UnsafeRawBufferPointer) -> String {
        PickleGlobal.printable(Self.latin1(line.prefix(40)))
    }
}
