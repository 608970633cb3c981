extension Parser {
    func truncated(_ expected: String) -> JSONError {
        error(.truncated, "the text ends where \(expected) belongs", at: end)
    }

    func unexpected(_ expected: String) -> JSONError {
        error(.unexpectedByte, "\(shown(at: offset)) where \(expected) belongs", at: offset)
    }

    /// A byte of the text, fit for a log.
    func shown(at offset: Int) -> String {
        guard offset < end else { return "the end" }
        let byte = base[offset]
        return (0x20..<0x7F).contains(byte) ? "'\(Unicode.Scalar(byte))'" : "the byte 0x" + String(byte, radix: 16)
    }

    func error(_ code: JSONError.Code, _ message: String, at offset: Int) -> JSONError {
        var (line, column) = (1, 1)
        for index in 0..<min(offset, end) {
            if base[index] == 0x0A {
                line += 1
                column = 1
            } else if base[index] & 0xC0 != 0x80 {
                column += 1
            }
        }
        return JSONError(code: code, message: message, byteOffset: offset, line: line, column: column, path: path)
    }

    /// The way to the value that is being read.
    private var path: String {
        var path = "$"
        for container in open {
            if container.isObject {
                path +=
                    container.name.isEmpty
                    ? "" : Self.step(UnsafeBufferPointer(start: base + container.name.lowerBound, count: container.name.count))
            } else {
                path += "[\(container.count)]"
            }
            // Deep texts have long ways, of which the beginning is enough.
            if path.utf8.count > 256 { return path + "…" }
        }
        return path
    }

    private static func step(_ name: UnsafeBufferPointer<UInt8>) -> String {
        let isPlain = name.allSatisfy { $0 | 0x20 >= 0x61 && $0 | 0x20 <= 0x7A || $0 &- 0x30 < 10 || $0 == 0x5F }
        let text = String(decoding: name.prefix(64), as: UTF8.self).harmless
        return isPlain && name.count <= 64 ? "." + text : "[\"" + text + (name.count > 64 ? "…" : "") + "\"]"
    }
}

extension String {
    /// The text with what a terminal would act on replaced, for error messages.
    var harmless: String { String(String.UnicodeScalarView(unicodeScalars.map { $0.isUnprintable ? "?" : $0 })) }
}
