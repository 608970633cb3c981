/// A number as it is written: no digit is lost, and `1.0` stays apart from `1`.
///
/// Two are equal when their texts are.
public struct JSONNumber: Hashable, Sendable, CustomStringConvertible {
    /// The number by the grammar of RFC 8259, section 6.
    public let text: String

    /// A text that a parser has checked.
    init(unchecked text: String) {
        self.text = text
    }

    /// A number of this text; nil when that is none.
    public init?(_ text: String) {
        let bytes = Array(text.utf8)
        guard let nodes = try? Parser.nodes(of: bytes[...], limits: .default), let node = nodes.first, node.kind.isNumber,
            Int(node.byteCount) == bytes.count
        else { return nil }
        self.text = text
    }

    /// An integer.
    public init(_ value: some BinaryInteger) {
        text = String(value)
    }

    /// The shortest number that is read as this one; nil for infinities and NaN, which JSON has no form for.
    public init?(_ value: Double) {
        guard value.isFinite else { return nil }
        text = value.description
    }

    /// The shortest number that is read as this one; nil for infinities and NaN, which JSON has no form for.
    public init?(_ value: Float) {
        guard value.isFinite else { return nil }
        text = value.description
    }

    /// Whether it is written without fraction and exponent, as integers are.
    public var isInteger: Bool { text.utf8.allSatisfy { $0 == UInt8(ascii: "-") || $0 &- 0x30 < 10 } }

    /// The integer that it is, in whatever form (`100`, `1E+2`, `100.0`); nil if it has a fraction, or the type has no place for it.
    public func integer<Value: FixedWidthInteger>(_ type: Value.Type = Value.self) -> Value? {
        withBytes { ExactInteger.value($0) }
    }

    /// The nearest number of type `Double`; nil beyond the largest.
    public var double: Double? { withBytes { FloatingPoint.double($0) } }

    /// The nearest number of type `Float`; nil beyond the largest.
    public var float: Float? { withBytes { FloatingPoint.float($0) } }

    /// The text.
    public var description: String { text }

    private func withBytes<Result>(_ body: (UnsafeBufferPointer<UInt8>) -> Result) -> Result {
        var text = text
        return text.withUTF8 { body($0) }
    }
}
