/// A JSON text that is written piece by piece, for who has no value to encode as a whole.
///
/// It writes what it is told: that commas stand between elements, and names before values, is up to the caller.
public struct JSONOutput: Sendable {
    /// How a text looks, as far as JSON leaves that open.
    public struct Style: Sendable {
        /// Whether a space follows commas and colons, as Python's `json.dumps` writes them.
        public var isSpaced = false
        /// Whether control and format characters beyond those of ASCII are escaped too, so that a terminal shows them instead of acting on them.
        public var escapesUnprintable = false

        /// No space, and no escapes that are not needed.
        public init() {}
    }

    /// What has been written.
    public private(set) var bytes: [UInt8] = []
    private let style: Style

    /// Begins a text.
    public init(style: Style = Style()) {
        self.style = style
    }

    /// Takes back what was written last.
    mutating func truncate(to count: Int) { bytes.removeSubrange(count...) }

    mutating func reserveCapacity(_ count: Int) { bytes.reserveCapacity(count) }

    // MARK: Structure

    /// `[`
    public mutating func beginArray() { bytes.append(UInt8(ascii: "[")) }
    /// `]`
    public mutating func endArray() { bytes.append(UInt8(ascii: "]")) }
    /// `{`
    public mutating func beginObject() { bytes.append(UInt8(ascii: "{")) }
    /// `}`
    public mutating func endObject() { bytes.append(UInt8(ascii: "}")) }

    /// A comma between elements or members.
    public mutating func separate() {
        bytes.append(UInt8(ascii: ","))
        if style.isSpaced { bytes.append(UInt8(ascii: " ")) }
    }

    /// A member's name and the colon.
    public mutating func write(name: String) {
        write(name)
        bytes.append(UInt8(ascii: ":"))
        if style.isSpaced { bytes.append(UInt8(ascii: " ")) }
    }

    // MARK: Values

    /// `null`
    public mutating func writeNull() { bytes.append(contentsOf: "null".utf8) }

    /// `true` or `false`
    public mutating func write(_ value: Bool) { bytes.append(contentsOf: (value ? "true" : "false").utf8) }

    /// An integer.
    public mutating func write(_ value: some BinaryInteger) {
        if let small = UInt8(exactly: value), small < 10 { return bytes.append(0x30 + small) }
        append(String(value))
    }

    /// A number, as it is written.
    public mutating func write(_ value: JSONNumber) { append(value.text) }

    /// Text that is JSON already.
    public mutating func writeEncoded(_ text: ArraySlice<UInt8>) { bytes.append(contentsOf: text) }

    /// A finite number: the shortest that is read as this one, with a fraction or an exponent.
    mutating func write<Number: BinaryFloatingPoint & CustomStringConvertible>(finite value: Number) { append(value.description) }

    private mutating func append(_ text: String) {
        var text = text
        text.withUTF8 { bytes.append(contentsOf: $0) }
    }

    /// A value and all in it. Recursive as the value is.
    public mutating func write(_ value: JSONValue) {
        switch value {
        case .null: writeNull()
        case .bool(let value): write(value)
        case .number(let value): write(value)
        case .string(let value): write(value)
        case .array(let values):
            beginArray()
            for (index, value) in values.enumerated() {
                if index > 0 { separate() }
                write(value)
            }
            endArray()
        case .object(let members):
            beginObject()
            for (index, member) in members.enumerated() {
                if index > 0 { separate() }
                write(name: member.name)
                write(member.value)
            }
            endObject()
        }
    }

    /// A string.
    public mutating func write(_ text: String) {
        bytes.append(UInt8(ascii: "\""))
        if style.escapesUnprintable {
            for scalar in text.unicodeScalars {
                if scalar.isUnprintable, scalar.value >= 0x20 {
                    for unit in UTF16.encode(scalar) ?? .init() { escape(unit) }
                } else {
                    append(escaped: String(scalar))
                }
            }
        } else {
            append(escaped: text)
        }
        bytes.append(UInt8(ascii: "\""))
    }

    /// Runs of characters that need no escape are copied as they are.
    private mutating func append(escaped text: String) {
        var text = text
        text.withUTF8 { text in
            var start = 0
            for (index, byte) in text.enumerated() where byte < 0x20 || byte == UInt8(ascii: "\"") || byte == UInt8(ascii: "\\") {
                bytes.append(contentsOf: text[start..<index])
                start = index + 1
                escape(byte)
            }
            bytes.append(contentsOf: text[start...])
        }
    }

    private mutating func escape(_ byte: UInt8) {
        switch byte {
        case 0x08: bytes.append(contentsOf: "\\b".utf8)
        case 0x09: bytes.append(contentsOf: "\\t".utf8)
        case 0x0A: bytes.append(contentsOf: "\\n".utf8)
        case 0x0C: bytes.append(contentsOf: "\\f".utf8)
        case 0x0D: bytes.append(contentsOf: "\\r".utf8)
        case 0..<0x20: escape(UInt16(byte))
        default:
            bytes.append(UInt8(ascii: "\\"))
            bytes.append(byte)
        }
    }

    private mutating func escape(_ unit: UInt16) {
        bytes.append(contentsOf: "\\u".utf8)
        for shift: UInt16 in [12, 8, 4, 0] {
            let digit = UInt8(unit >> shift & 15)
            bytes.append(digit < 10 ? 0x30 + digit : 0x57 + digit)
        }
    }
}

extension Unicode.Scalar {
    /// Whether it is a control or format character, or a line or paragraph separator.
    var isUnprintable: Bool {
        switch properties.generalCategory {
        case .control, .format, .lineSeparator, .paragraphSeparator: true
        default: false
        }
    }
}
