/// Turns escapes into what they stand for, in strings that have been checked.
enum Unescaping {
    static func string(_ bytes: UnsafeBufferPointer<UInt8>) -> String {
        String(decoding: self.bytes(bytes), as: UTF8.self)
    }

    /// The text as UTF-8.
    static func bytes(_ bytes: UnsafeBufferPointer<UInt8>) -> [UInt8] {
        var result: [UInt8] = []
        result.reserveCapacity(bytes.count)
        var index = 0
        while index < bytes.count {
            let byte = bytes[index]
            index += 1
            guard byte == UInt8(ascii: "\\"), index < bytes.count else {
                result.append(byte)
                continue
            }
            let escape = bytes[index]
            index += 1
            switch escape {
            case UInt8(ascii: "b"): result.append(0x08)
            case UInt8(ascii: "f"): result.append(0x0C)
            case UInt8(ascii: "n"): result.append(0x0A)
            case UInt8(ascii: "r"): result.append(0x0D)
            case UInt8(ascii: "t"): result.append(0x09)
            case UInt8(ascii: "u"):
                var value = hexadecimal(bytes, at: index)
                index += 4
                if value & 0xFC00 == 0xD800 {
                    value = 0x10000 + (value & 0x3FF) << 10 + hexadecimal(bytes, at: index + 2) & 0x3FF
                    index += 6
                }
                // The parser has let no half of a pair through.
                result.append(contentsOf: Array(String(Character(Unicode.Scalar(value) ?? "\u{FFFD}")).utf8))
            default: result.append(escape)
            }
        }
        return result
    }

    private static func hexadecimal(_ bytes: UnsafeBufferPointer<UInt8>, at index: Int) -> UInt32 {
        bytes[index..<index + 4].reduce(0) { value, byte in
            value << 4 | UInt32(byte < 0x3A ? byte & 0x0F : (byte & 0x0F) + 9)
        }
    }
}
