/// Powers of ten to 128 bits, for the conversion of decimal numbers by one or two multiplications.
///
/// D. Lemire, "Number parsing at a gigabyte per second", Software: Practice and Experience 51 (2021). The powers here are those for which
/// the paper's proof needs no exceptions; numbers outside are rare, and go to the standard library.
enum PowersOfTen {
    private static let exponents = -27...55

    /// The first and the second 64 bits of each power's significand, which begins with a bit that is set; below 1 they are rounded up.
    private static let table: [(high: UInt64, low: UInt64)] = exponents.map { exponent in
        var significand: UInt128
        if exponent >= 0 {
            significand = (0..<exponent).reduce(1) { power, _ in power * 5 }
            significand <<= UInt128(significand.leadingZeroBitCount)
        } else {
            let power = (0..<(-exponent)).reduce(1 as UInt128) { power, _ in power * 5 }
            // 2^(127 + bits) / power, whose quotient has 128 bits.
            let bits = 128 - power.leadingZeroBitCount
            significand = power.dividingFullWidth((1 << UInt128(bits - 1), 0)).quotient + 1
        }
        return (UInt64(truncatingIfNeeded: significand >> 64), UInt64(truncatingIfNeeded: significand))
    }

    /// `significand` · 10^`exponent`, rounded to nearest; nil where that takes more than this.
    static func double(_ significand: UInt64, exponent: Int) -> Double? {
        guard exponents.contains(exponent), significand != 0 else { return nil }
        let power = table[exponent - exponents.lowerBound]
        let shift = significand.leadingZeroBitCount
        let number = significand << UInt64(shift)
        var (high, low) = number.multipliedFullWidth(by: power.high)
        if high & 0x1FF == 0x1FF {
            let (sum, carry) = low.addingReportingOverflow(number.multipliedFullWidth(by: power.low).high)
            low = sum
            if carry { high += 1 }
        }
        let upperBit = Int(high >> 63)
        var mantissa = high >> UInt64(upperBit + 9)
        // 217,706 / 2^16 is log2(10) to the digits that count here.
        var binaryExponent = (217_706 * exponent) >> 16 + 63 + upperBit - shift + 1_023
        // A tie: the product is exact, and rounds to even instead of up.
        if low <= 1, (-4...23).contains(exponent), mantissa & 3 == 1, mantissa << UInt64(upperBit + 9) == high { mantissa &= ~1 }
        mantissa += mantissa & 1
        mantissa >>= 1
        if mantissa >= 1 << 53 {
            mantissa = 1 << 52
            binaryExponent += 1
        }
        guard (1..<0x7FF).contains(binaryExponent) else { return nil }
        return Double(bitPattern: UInt64(binaryExponent) << 52 | mantissa & (1 << 52 - 1))
    }
}
