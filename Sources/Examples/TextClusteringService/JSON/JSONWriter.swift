/// Writes JSON objects whose members come in a chosen order, which encoders of dictionaries do not keep.
struct JSONWriter {
    /// The text so far.
    private(set) var bytes: [UInt8] = []

    /// Writes an object.
    mutating func writeObject<Value>(_ members: [(name: String, value: Value)], writeValue: (inout JSONWriter, Value) -> Void) {
        writeItems(members, from: "{", to: "}") { writer, member in
            writer.write(member.name)
            writer.bytes.append(UInt8(ascii: ":"))
            writeValue(&writer, member.value)
        }
    }

    /// Writes any value.
    mutating func write(_ value: JSONValue) {
        switch value {
        case .object(let members): writeObject(members) { $0.write($1) }
        case .list(let values): writeItems(values, from: "[", to: "]") { $0.write($1) }
        case .text(let text): write(text)
        case .integer(let number): bytes.append(contentsOf: String(number).utf8)
        case .number(let number):
            precondition(number.isFinite, "JSON has no number \(number)")
            bytes.append(contentsOf: "\(number)".utf8)
        }
    }

    /// Writes a text.
    mutating func write(_ text: String) {
        bytes.append(UInt8(ascii: "\""))
        for byte in text.utf8 {
            switch byte {
            case UInt8(ascii: "\""): bytes.append(contentsOf: #"\""#.utf8)
            case UInt8(ascii: "\\"): bytes.append(contentsOf: #"\\"#.utf8)
            case 0x0A: bytes.append(contentsOf: #"\n"#.utf8)
            case 0x00..<0x20: bytes.append(contentsOf: (#"\u00"# + (byte < 0x10 ? "0" : "") + String(byte, radix: 16)).utf8)
            default: bytes.append(byte)
            }
        }
        bytes.append(UInt8(ascii: "\""))
    }

    private mutating func writeItems<Item>(
        _ items: [Item], from opening: Unicode.Scalar, to closing: Unicode.Scalar, writeItem: (inout JSONWriter, Item) -> Void
    ) {
        bytes.append(UInt8(ascii: opening))
        for (index, item) in items.enumerated() {
            if index > 0 { bytes.append(UInt8(ascii: ",")) }
            writeItem(&self, item)
        }
        bytes.append(UInt8(ascii: closing))
    }
}
