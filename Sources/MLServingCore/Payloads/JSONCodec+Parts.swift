extension JSONCodec {
    /// The parts between the commas of an array, of which some need not be JSON: whoever decodes such a part is told, and its neighbours are not
    /// concerned (G6).
    ///
    /// - Returns: `nil` if brackets or quotes leave open where the parts end, or a part is empty.
    static func parts(ofArray bytes: ArraySlice<UInt8>) -> [ArraySlice<UInt8>]? {
        var parts: [ArraySlice<UInt8>] = []
        guard forEachPart(ofArray: bytes, { parts.append($0.trimmingWhitespace) }) else { return nil }
        return parts.contains(where: \.isEmpty) ? nil : parts
    }

    /// How many parts there are, empty ones included; `nil` if brackets or quotes leave that open.
    static func count(ofArray bytes: ArraySlice<UInt8>) -> Int? {
        var count = 0
        return forEachPart(ofArray: bytes) { _ in count += 1 } ? count : nil
    }

    /// - Returns: Whether brackets and quotes tell where the parts end.
    private static func forEachPart(ofArray bytes: ArraySlice<UInt8>, _ body: (ArraySlice<UInt8>) -> Void) -> Bool {
        var text = bytes.trimmingWhitespace
        guard text.popFirst() == UInt8(ascii: "["), text.popLast() == UInt8(ascii: "]") else { return false }
        if text.trimmingWhitespace.isEmpty { return true }
        var (start, depth, isText, isEscaped) = (text.startIndex, 0, false, false)
        for index in text.indices {
            if isText {
                if isEscaped {
                    isEscaped = false
                } else if text[index] == UInt8(ascii: "\\") {
                    isEscaped = true
                } else if text[index] == UInt8(ascii: "\"") {
                    isText = false
                }
                continue
            }
            switch text[index] {
            case UInt8(ascii: "\""): isText = true
            case UInt8(ascii: "["), UInt8(ascii: "{"): depth += 1
            case UInt8(ascii: "]"), UInt8(ascii: "}"):
                depth -= 1
                if depth < 0 { return false }
            case UInt8(ascii: ",") where depth == 0:
                body(text[start..<index])
                start = index + 1
            default: break
            }
        }
        body(text[start...])
        return !isText && depth == 0
    }
}

extension ArraySlice<UInt8> {
    /// Without the white space of JSON at both ends.
    fileprivate var trimmingWhitespace: ArraySlice<UInt8> {
        func isSpace(_ byte: UInt8) -> Bool { byte == 0x20 || byte == 0x0A || byte == 0x0D || byte == 0x09 }
        var slice = drop(while: isSpace)
        while let last = slice.last, isSpace(last) { slice.removeLast() }
        return slice
    }
}
