/// Numbers of options and settings: the one place that decides how they are written, for every program.
///
/// Swift's own initialisers also read `0x10`, `0x1p4`, `inf`, `nan` and `+1`. Nobody means these, and the Python client refuses them.
extension Double {
    /// Reads a number in decimal notation, such as `2`, `0.5` or `1e-3`.
    package init?(decimal text: some StringProtocol) {
        guard text.utf8.first != UInt8(ascii: "+"), text.utf8.allSatisfy(\.isOfDecimal) else { return nil }
        self.init(text)
    }
}

extension FixedWidthInteger {
    /// Reads a whole number in decimal notation.
    package init?(decimal text: some StringProtocol) {
        guard text.utf8.first != UInt8(ascii: "+") else { return nil }
        self.init(text, radix: 10)
    }
}

extension UInt8 {
    fileprivate var isOfDecimal: Bool {
        switch self {
        case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "."), UInt8(ascii: "-"), UInt8(ascii: "+"), UInt8(ascii: "e"),
            UInt8(ascii: "E"):
            true
        default: false
        }
    }
}
