/// An integer of any size, as Python's `int` is.
///
/// The representation is the shortest little-endian two's complement, the one pickle itself uses; zero has no bytes.
public struct PickleInteger: Sendable, Hashable {
    /// The shortest little-endian two's complement; the top bit of the last byte is the sign.
    public let bytes: [UInt8]

    /// Makes an integer from two's complement of any length.
    ///
    /// - Parameter littleEndian: little-endian two's complement, least significant byte first; it may be longer than needed.
    public init(littleEndian: some Collection<UInt8>) {
        var bytes = Array(littleEndian)
        while let last = bytes.last {
            let signBefore = bytes.count > 1 && bytes[bytes.count - 2] & 0x80 != 0
            guard (last == 0 && !signBefore) || (last == 0xff && signBefore) else { break }
            bytes.removeLast()
        }
        self.bytes = bytes
    }

    /// Makes an integer from one of Swift's.
    public init(_ value: some BinaryInteger) {
        var bytes: [UInt8] = []
        var rest = value
        // An unsigned value needs one more zero byte than its magnitude; the loop ends when only the sign is left.
        while true {
            bytes.append(UInt8(truncatingIfNeeded: rest))
            rest >>= 8
            if rest == 0 {
                bytes.append(0)
                break
            }
            if rest == -1 {
                bytes.append(0xff)
                break
            }
        }
        self.init(littleEndian: bytes)
    }

    /// Makes an integer from a number without a fraction, or nil for any other.
    public init?(exactly value: Double) {
        if let small = Int64(converting: value) {
            self.init(small)
            return
        }
        // From 2^63 on every number is an integer.
        guard value.isFinite, value.magnitude >= 0x1p63 else { return nil }
        let shift = Int(value.exponent) - Double.significandBitCount
        let significand = value.significandBitPattern | 1 << UInt64(Double.significandBitCount)
        var bytes = [UInt8](repeating: 0, count: shift / 8)
        var rest = UInt128(significand) << UInt128(shift % 8)
        while rest != 0 {
            bytes.append(UInt8(truncatingIfNeeded: rest))
            rest >>= 8
        }
        bytes.append(0)
        self.init(littleEndian: value < 0 ? Self.negated(bytes) : bytes)
    }

    /// Makes an integer from decimal digits with an optional sign; nil for any other text, and for more than 4,300 digits, as in Python.
    public init?(_ decimal: String) {
        guard decimal.utf8.count <= PickleText.maximumDigits + 1 else { return nil }
        self.init(decimal: decimal.utf8)
    }

    /// Makes an integer from decimal digits with an optional sign.
    ///
    /// - Returns: nil if `decimal` is anything else. The time grows with the square of the number of digits; the caller bounds it.
    init?(decimal: some Collection<UInt8>) {
        var digits = decimal[...]
        let isNegative = digits.first == UInt8(ascii: "-")
        if isNegative || digits.first == UInt8(ascii: "+") { digits = digits.dropFirst() }
        guard !digits.isEmpty else { return nil }
        var words: [UInt32] = []
        for digit in digits {
            guard digit >= UInt8(ascii: "0"), digit <= UInt8(ascii: "9") else { return nil }
            var carry = UInt64(digit - UInt8(ascii: "0"))
            for index in words.indices {
                let product = UInt64(words[index]) * 10 + carry
                words[index] = UInt32(truncatingIfNeeded: product)
                carry = product >> 32
            }
            if carry != 0 { words.append(UInt32(carry)) }
        }
        var magnitude: [UInt8] = []
        for word in words {
            for shift in stride(from: UInt32(0), to: 32, by: 8) { magnitude.append(UInt8(truncatingIfNeeded: word >> shift)) }
        }
        magnitude.append(0)
        self.init(littleEndian: isNegative ? Self.negated(magnitude) : magnitude)
    }

    /// Whether the value is below zero.
    public var isNegative: Bool { (self.bytes.last ?? 0) & 0x80 != 0 }

    /// The bytes of the absolute value, least significant first.
    var magnitude: [UInt8] { self.isNegative ? Self.negated(self.bytes + [0xff]) : self.bytes }

    private static func negated(_ bytes: [UInt8]) -> [UInt8] {
        var carry = true
        return bytes.map { byte in
            let (sum, overflow) = (~byte).addingReportingOverflow(carry ? 1 : 0)
            carry = overflow
            return sum
        }
    }
}

extension FixedWidthInteger {
    /// Makes this integer from a Python one, or nil if it does not fit.
    public init?(exactly value: PickleInteger) {
        let size = Self.bitWidth / 8
        let bytes = value.bytes
        // An unsigned type takes one byte more, which is then the zero that carries the sign.
        guard bytes.count <= size || (!Self.isSigned && bytes.count == size + 1 && bytes[size] == 0) else { return nil }
        guard Self.isSigned || !value.isNegative else { return nil }
        var result: Self = value.isNegative ? ~0 : 0
        for byte in bytes.prefix(size).reversed() { result = result << 8 | Self(truncatingIfNeeded: byte) }
        self = result
    }
}

extension Double {
    /// The nearest number to a Python integer; infinite when the integer is beyond the range.
    public init(_ value: PickleInteger) {
        if let small = Int64(exactly: value) {
            self.init(small)
            return
        }
        var magnitude = value.magnitude
        while magnitude.last == 0 { magnitude.removeLast() }
        guard magnitude.count <= 129 else {
            self = value.isNegative ? -.infinity : .infinity
            return
        }
        // The top 16 bytes decide the rounding, and one sticky bit stands for all below them.
        let top = magnitude.suffix(16)
        var significand: UInt128 = 0
        for byte in top.reversed() { significand = significand << 8 | UInt128(byte) }
        let below = magnitude.dropLast(top.count)
        if below.contains(where: { $0 != 0 }) { significand |= 1 }
        let scaled = Double(sign: .plus, exponent: below.count * 8, significand: Double(significand))
        self = value.isNegative ? -scaled : scaled
    }
}

extension PickleInteger: CustomStringConvertible {
    /// The decimal digits; the number of bytes instead for an integer of more than about 1,000 digits.
    public var description: String {
        guard self.bytes.count <= 416 else { return "integer of \(self.bytes.count) bytes" }
        var rest = Array(self.magnitude.reversed().drop { $0 == 0 })
        var digits: [UInt8] = []
        while !rest.isEmpty {
            var remainder: UInt32 = 0
            for index in rest.indices {
                let dividend = remainder << 8 | UInt32(rest[index])
                rest[index] = UInt8(dividend / 10)
                remainder = dividend % 10
            }
            digits.append(UInt8(ascii: "0") + UInt8(remainder))
            rest = Array(rest.drop { $0 == 0 })
        }
        guard !digits.isEmpty else { return "0" }
        if self.isNegative { digits.append(UInt8(ascii: "-")) }
        return String(decoding: digits.reversed(), as: UTF8.self)
    }
}
