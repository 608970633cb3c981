/// A number's text taken apart: ± `significand` · 10^`exponent`.
///
/// Whatever the text says, taking it apart costs no more than its length: exponents are never expanded.
struct DecimalText {
    private(set) var isNegative = false
    /// The first 19 digits that count.
    private(set) var significand: UInt64 = 0
    /// What the last digit of the significand is multiplied with. Far from overflow: an exponent that is written out stops growing at 10^15, and
    /// no text has as many digits.
    private(set) var exponent = 0
    /// Whether digits other than 0 follow those of the significand.
    private(set) var isTruncated = false

    private static let digits = 19

    /// Takes apart a text that follows the grammar of RFC 8259.
    init(_ text: UnsafeBufferPointer<UInt8>) {
        var index = 0
        var count = 0
        var isFraction = false
        if text.first == UInt8(ascii: "-") {
            isNegative = true
            index = 1
        }
        while index < text.count {
            let digit = text[index] &- 0x30
            if digit < 10 {
                if isFraction { exponent -= 1 }
                if count < Self.digits {
                    significand = significand &* 10 &+ UInt64(digit)
                    if significand != 0 { count += 1 }
                } else {
                    exponent += 1
                    if digit != 0 { isTruncated = true }
                }
            } else if text[index] == UInt8(ascii: ".") {
                isFraction = true
            } else {
                break
            }
            index += 1
        }
        guard index < text.count else { return }
        exponent += Self.exponent(UnsafeBufferPointer(rebasing: text[(index + 1)...]))
    }

    private static func exponent(_ text: UnsafeBufferPointer<UInt8>) -> Int {
        var value = 0
        for byte in text where byte &- 0x30 < 10 && value < 1_000_000_000_000_000 {
            value = value * 10 + Int(byte & 0x0F)
        }
        return text.first == UInt8(ascii: "-") ? -value : value
    }

    /// The digits from the first to the last that are not 0, at most `limit`, the exponent of the last,
    /// and whether digits other than 0 follow.
    static func significantDigits(
        of text: UnsafeBufferPointer<UInt8>, limit: Int
    ) -> (digits: [UInt8], exponent: Int, isTruncated: Bool) {
        var digits: [UInt8] = []
        var position = 0
        var isFraction = false
        var dropped = false
        for byte in text {
            if byte &- 0x30 < 10 {
                if isFraction { position -= 1 }
                if digits.count < limit {
                    if byte != 0x30 || !digits.isEmpty { digits.append(byte) }
                } else {
                    position += 1
                    if byte != 0x30 { dropped = true }
                }
            } else if byte == UInt8(ascii: ".") {
                isFraction = true
            } else if byte != UInt8(ascii: "-") {
                break
            }
        }
        // Zeros before a digit that was dropped count.
        while !dropped, digits.last == 0x30 {
            digits.removeLast()
            position += 1
        }
        return (digits, position + exponentPart(of: text), dropped)
    }

    /// The exponent as it is written.
    private static func exponentPart(of text: UnsafeBufferPointer<UInt8>) -> Int {
        guard let mark = text.firstIndex(where: { $0 | 0x20 == UInt8(ascii: "e") }) else { return 0 }
        return exponent(UnsafeBufferPointer(rebasing: text[(mark + 1)...]))
    }
}
