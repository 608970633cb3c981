/// Floating-point numbers from texts, rounded to nearest, ties to even.
enum FloatingPoint {
    /// The number; nil beyond the largest. What is too small becomes zero.
    static func double(_ text: UnsafeBufferPointer<UInt8>) -> Double? {
        let parts = DecimalText(text)
        if let magnitude = fastDouble(parts) { return parts.isNegative ? -magnitude : magnitude }
        return slow(text, parts, Double.self)
    }

    /// The number; nil beyond the largest. What is too small becomes zero.
    static func float(_ text: UnsafeBufferPointer<UInt8>) -> Float? {
        let parts = DecimalText(text)
        // Rounded twice is rounded right, unless the first result lies in the middle between two others.
        if let magnitude = fastDouble(parts), magnitude.bitPattern & 0x1FFF_FFFF != 0x1000_0000,
            magnitude >= Double(Float.leastNormalMagnitude) && magnitude < Double(Float.greatestFiniteMagnitude) || magnitude == 0
        {
            return Float(parts.isNegative ? -magnitude : magnitude)
        }
        return slow(text, parts, Float.self)
    }

    private static func fastDouble(_ parts: DecimalText) -> Double? {
        guard !parts.isTruncated else { return nil }
        if parts.significand == 0 { return 0 }
        // Both are exact in a Double, so that only the one operation rounds.
        if parts.significand <= 1 << 53, (-22...22).contains(parts.exponent) {
            let number = Double(parts.significand)
            return parts.exponent < 0 ? number / exactPowers[-parts.exponent] : number * exactPowers[parts.exponent]
        }
        return PowersOfTen.double(parts.significand, exponent: parts.exponent)
    }

    private static let exactPowers: [Double] = [
        1, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15, 1e16, 1e17, 1e18, 1e19, 1e20, 1e21, 1e22,
    ]

    /// By the standard library, from a text of bounded length.
    private static func slow<Number: LosslessStringConvertible & BinaryFloatingPoint>(
        _ text: UnsafeBufferPointer<UInt8>, _ parts: DecimalText, _ type: Number.Type
    ) -> Number? {
        // A Double is told from its neighbours by 767 digits at most; of those behind them it counts only whether there are any.
        let (digits, exponent, isTruncated) = DecimalText.significantDigits(of: text, limit: 800)
        let order = exponent + digits.count
        if order < -400 { return parts.isNegative ? -0.0 : 0 }
        guard order < 400 else { return nil }
        let significand = String(decoding: digits, as: UTF8.self)
        let number = Number(isTruncated ? "\(significand)1e\(exponent - 1)" : "\(significand)e\(exponent)")
        guard let number, number.isFinite else { return nil }
        return parts.isNegative ? -number : number
    }
}
