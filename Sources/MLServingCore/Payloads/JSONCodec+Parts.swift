extension JSONCodec {
    /// The parts between the commas of an array, of which some need not be JSON: whoever decodes such a part is told, and its neighbours are not
    /// concerned (G6).
    ///
    /// - Returns: `nil` if brackets or quotes leave open where the parts end, or a part is empty.
    static func parts(ofArray bytes: ArraySlice<UInt8>) -> [ArraySlice<UInt8>]? {
        var text = bytes.trimmingWhitespace
        guard text.popFirst() == UInt8(ascii: "["), text.popLast() == UInt8(ascii: "]") else { return nil }
        if text.trimmingWhitespace.isEmpty { return [] }
        var parts: [ArraySlice<UInt8>] = []
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
                if depth < 0 { return nil }
            case UInt8(ascii: ",") where depth == 0:
                parts.append(text[start..<index].trimmingWhitespace)
                start = index + 1
            default: break
            }
        }
        parts.append(text[start...].trimmingWhitespace)
        return isText || depth != 0 || parts.contains(where: \.isEmpty) ? nil : parts
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
