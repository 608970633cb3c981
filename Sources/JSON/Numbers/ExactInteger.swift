/// Integers from texts of numbers, whatever their form: `100`, `1E+2` and `100.0` are one integer, `0.5` is none.
enum ExactInteger {
    /// The number, if the type represents it exactly.
    static func value<Value: FixedWidthInteger>(_ text: UnsafeBufferPointer<UInt8>, as type: Value.Type = Value.self) -> Value? {
        let parts = DecimalText(text)
        if parts.exponent == 0, !parts.isTruncated {
            if !parts.isNegative { return Value(exactly: parts.significand) }
            // 19 digits of either sign need 65 bits.
            return Value(exactly: -Int128(parts.significand))
        }
        guard let magnitude = magnitude(text, parts) else { return nil }
        if !parts.isNegative { return Value(exactly: magnitude) }
        guard magnitude <= Int128.min.magnitude else { return nil }
        return Value(exactly: magnitude == Int128.min.magnitude ? Int128.min : -Int128(magnitude))
    }

    /// `nil` for what is no integer, and for what has more than 128 bits.
    private static func magnitude(_ text: UnsafeBufferPointer<UInt8>, _ parts: DecimalText) -> UInt128? {
        if parts.significand == 0 { return 0 }
        // 10^39 has more than 128 bits: what has more digits has no place here, and need not be looked at.
        let (digits, exponent, isTruncated) = DecimalText.significantDigits(of: text, limit: 40)
        guard !isTruncated, exponent >= 0, exponent <= 39, digits.count + exponent <= 39 else { return nil }
        var magnitude: UInt128 = 0
        for digit in digits + [UInt8](repeating: 0x30, count: exponent) {
            let (product, hasOverflown) = magnitude.multipliedReportingOverflow(by: 10)
            let (sum, isBeyond) = product.addingReportingOverflow(UInt128(digit & 0x0F))
            guard !hasOverflown, !isBeyond else { return nil }
            magnitude = sum
        }
        return magnitude
    }
}
