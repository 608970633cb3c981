internal import FoundationEssentials

// The types to which JSON coders give a form of their own: bytes are text in base64, URLs are texts, and decimal numbers are numbers.
extension Document {
    /// The value at `node`, if `type` is one of those; nil otherwise.
    func foundationValue<Value>(_ type: Value.Type, at node: Int, _ path: @autoclosure () -> CodingPath) throws -> Value? {
        if type == Data.self { return try data(at: node, path()) as? Value }
        if type == URL.self { return try url(at: node, path()) as? Value }
        if type == Decimal.self { return try decimal(at: node, path()) as? Value }
        return nil
    }

    private func data(at node: Int, _ path: @autoclosure () -> CodingPath) throws -> Data {
        guard let data = Data(base64Encoded: try string(at: node, path())) else {
            throw DecodingError.dataCorrupted(.init(codingPath: path().keys, debugDescription: "the string is not base64"))
        }
        return data
    }

    private func url(at node: Int, _ path: @autoclosure () -> CodingPath) throws -> URL {
        guard let url = URL(string: try string(at: node, path())) else {
            throw DecodingError.dataCorrupted(.init(codingPath: path().keys, debugDescription: "the string is not a URL"))
        }
        return url
    }

    /// A decimal number: what has more digits than the type has is rounded, what is beyond its exponents is refused.
    private func decimal(at node: Int, _ path: @autoclosure () -> CodingPath) throws -> Decimal {
        guard kind(of: node).isNumber else { throw mismatch(Decimal.self, at: node, path()) }
        let text = withBytes(of: node) { bytes -> String? in
            var (digits, exponent, _) = DecimalText.significantDigits(of: bytes, limit: 40)
            if digits.isEmpty { return "0" }
            // Only 10^127 itself ends the range; 10^130 is 1,000 times that.
            while exponent > 127, digits.count < 38 {
                digits.append(0x30)
                exponent -= 1
            }
            // 128 bits hold 38 digits, and some numbers of 39.
            if digits.count > 38, UInt128(String(decoding: digits, as: UTF8.self)) == nil {
                (digits, exponent) = Self.rounded(digits, exponent)
            }
            guard (-128...127).contains(exponent) else { return nil }
            return (bytes.first == UInt8(ascii: "-") ? "-" : "") + String(decoding: digits, as: UTF8.self) + "e\(exponent)"
        }
        guard let text, let value = Decimal(string: text), value.isFinite else { throw unfit(Decimal.self, at: node, path()) }
        return value
    }

    /// The first 38 digits, rounded by the one that follows, and their exponent.
    private static func rounded(_ digits: [UInt8], _ exponent: Int) -> ([UInt8], Int) {
        var kept = Array(digits.prefix(38))
        guard digits[38] >= 0x35 else { return (kept, exponent + digits.count - 38) }
        var index = 37
        while index >= 0, kept[index] == 0x39 {
            kept[index] = 0x30
            index -= 1
        }
        guard index >= 0 else { return ([0x31], exponent + digits.count) }
        kept[index] += 1
        return (kept, exponent + digits.count - 38)
    }
}
