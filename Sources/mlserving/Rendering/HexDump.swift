/// Bytes for a person to read: offset, 16 bytes in hexadecimal, and the ASCII characters among them.
enum HexDump {
    /// How many bytes are printed; more would only scroll away.
    private static let maximumCount = 4_096

    static func text(of bytes: [UInt8]) -> String {
        var lines = stride(from: 0, to: min(bytes.count, maximumCount), by: 16).map { start in
            line(bytes[start..<min(start + 16, bytes.count)])
        }
        if bytes.count > maximumCount { lines.append("… \(bytes.count - maximumCount) bytes more; --body-only writes them all") }
        return lines.joined(separator: "\n")
    }

    private static func line(_ bytes: ArraySlice<UInt8>) -> String {
        var line = digits(bytes.startIndex, 8) + " "
        for column in 0..<16 {
            if column == 8 { line += " " }
            let index = bytes.startIndex + column
            line += index < bytes.endIndex ? " " + digits(Int(bytes[index]), 2) : "   "
        }
        let characters = bytes.map { (0x20..<0x7F).contains($0) ? Character(Unicode.Scalar($0)) : "." }
        return line + "  |" + String(characters) + "|"
    }

    private static func digits(_ number: Int, _ count: Int) -> String {
        let text = String(number, radix: 16)
        return String(repeating: "0", count: max(0, count - text.count)) + text
    }
}
