extension Parser {
    /// Reads a number.
    ///
    /// - Returns: Whether it has neither fraction nor exponent.
    mutating func scanNumber() throws(JSONError) -> Bool {
        let start = offset
        if base[offset] == UInt8(ascii: "-") { offset += 1 }
        guard offset < end else { throw truncated("a digit") }
        if base[offset] == UInt8(ascii: "0") {
            offset += 1
            if isDigitNext { throw error(.invalidNumber, "a number begins with 0 and has more digits", at: start) }
        } else {
            try scanDigits(of: start)
        }
        var isInteger = true
        if offset < end, base[offset] == UInt8(ascii: ".") {
            isInteger = false
            offset += 1
            try scanDigits(of: start)
        }
        if offset < end, base[offset] | 0x20 == UInt8(ascii: "e") {
            isInteger = false
            offset += 1
            if offset < end, base[offset] == UInt8(ascii: "+") || base[offset] == UInt8(ascii: "-") { offset += 1 }
            try scanDigits(of: start)
        }
        return isInteger
    }

    private var isDigitNext: Bool { offset < end && base[offset] &- 0x30 < 10 }

    @inline(__always)
    private mutating func scanDigits(of start: Int) throws(JSONError) {
        guard offset < end else { throw truncated("a digit") }
        guard isDigitNext else { throw error(.invalidNumber, "a number has \(shown(at: offset)) where a digit belongs", at: offset) }
        repeat { offset += 1 } while isDigitNext
    }

    /// Reads a string.
    ///
    /// - Returns: The bytes between the quotation marks, and whether there are escapes among them.
    mutating func scanString() throws(JSONError) -> (Range<Int>, hasEscapes: Bool) {
        offset += 1
        let start = offset
        var hasEscapes = false
        while true {
            skipPlainCharacters()
            guard offset < end else { throw truncated("the end of a string") }
            switch base[offset] {
            case UInt8(ascii: "\""):
                offset += 1
                return (start..<offset - 1, hasEscapes)
            case UInt8(ascii: "\\"):
                hasEscapes = true
                try scanEscape()
            case 0..<0x20:
                throw error(.controlCharacter, "a string has a control character that is not escaped: \(shown(at: offset))", at: offset)
            case 0x80...:
                try scanMultibyteCharacter()
            default:
                offset += 1
            }
        }
    }

    /// Passes over ASCII that needs no attention, eight bytes at a time.
    @inline(__always)
    private mutating func skipPlainCharacters() {
        let ones: UInt64 = 0x0101_0101_0101_0101
        while end - offset >= 8 {
            let word = UInt64(littleEndian: UnsafeRawPointer(base + offset).loadUnaligned(as: UInt64.self))
            let quotation = word ^ (ones &* 0x22)
            let backslash = word ^ (ones &* 0x5C)
            // The lowest bit that is set belongs to the first such byte; what is above it may be a borrow.
            let found =
                ((word &- ones &* 0x20) & ~word | (quotation &- ones) & ~quotation | (backslash &- ones) & ~backslash | word)
                & (ones &* 0x80)
            if found != 0 {
                offset += found.trailingZeroBitCount / 8
                return
            }
            offset += 8
        }
    }

    private mutating func scanEscape() throws(JSONError) {
        let start = offset
        offset += 1
        guard offset < end else { throw truncated("an escape") }
        switch base[offset] {
        case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"), UInt8(ascii: "b"), UInt8(ascii: "f"), UInt8(ascii: "n"),
            UInt8(ascii: "r"), UInt8(ascii: "t"):
            offset += 1
        case UInt8(ascii: "u"):
            offset += 1
            let unit = try scanHexadecimal(of: start)
            if unit & 0xF800 == 0xD800 { try scanLowSurrogate(after: unit, start) }
        default:
            throw error(.invalidEscape, "a string has a backslash before \(shown(at: offset)), which is no escape", at: start)
        }
    }

    /// Reads the second half of a pair: a half alone is no character, and no Swift `String` can hold it.
    private mutating func scanLowSurrogate(after unit: UInt16, _ start: Int) throws(JSONError) {
        guard unit < 0xDC00, end - offset >= 2, base[offset] == UInt8(ascii: "\\"), base[offset + 1] == UInt8(ascii: "u") else {
            throw error(.invalidEscape, "a string has half of a surrogate pair", at: start)
        }
        offset += 2
        guard try scanHexadecimal(of: start) & 0xFC00 == 0xDC00 else {
            throw error(.invalidEscape, "a string has half of a surrogate pair", at: start)
        }
    }

    private mutating func scanHexadecimal(of start: Int) throws(JSONError) -> UInt16 {
        var unit: UInt16 = 0
        for _ in 0..<4 {
            guard offset < end else { throw truncated("a hexadecimal digit") }
            guard let digit = Character(Unicode.Scalar(base[offset])).hexDigitValue, base[offset] < 0x80 else {
                throw error(.invalidEscape, "the escape \\u has \(shown(at: offset)) where a hexadecimal digit belongs", at: start)
            }
            unit = unit << 4 | UInt16(digit)
            offset += 1
        }
        return unit
    }

    /// Reads a character of two to four bytes in its shortest form, which is no surrogate (RFC 3629).
    private mutating func scanMultibyteCharacter() throws(JSONError) {
        let first = base[offset]
        let second: UInt8 = offset + 1 < end ? base[offset + 1] : 0
        let isWellFormed =
            switch first {
            case 0xC2...0xDF: second & 0xC0 == 0x80
            case 0xE0: (0xA0...0xBF).contains(second)
            case 0xE1...0xEC, 0xEE...0xEF: second & 0xC0 == 0x80
            case 0xED: (0x80...0x9F).contains(second)
            case 0xF0: (0x90...0xBF).contains(second)
            case 0xF1...0xF3: second & 0xC0 == 0x80
            case 0xF4: (0x80...0x8F).contains(second)
            default: false
            }
        let length = first < 0xE0 ? 2 : first < 0xF0 ? 3 : 4
        guard isWellFormed, end - offset >= length, length < 3 || base[offset + 2] & 0xC0 == 0x80,
            length < 4 || base[offset + 3] & 0xC0 == 0x80
        else { throw error(.invalidUTF8, "a string is not valid UTF-8", at: offset) }
        offset += length
    }
}
