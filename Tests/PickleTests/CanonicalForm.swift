import Pickle

/// A text that names a value and all its types unambiguously; the Python side of the oracle computes the same text.
enum CanonicalForm {
    static func of(_ value: PickleValue) -> String {
        switch value {
        case .none: "N"
        case .bool(let value): value ? "T" : "F"
        case .int(let value): "i\(value)"
        case .bigInteger(let value): "i\(value)"
        case .float(let value): "f" + (value.isNaN ? "nan" : hex(withUnsafeBytes(of: value.bitPattern.bigEndian) { Array($0) }))
        case .string(let value): "s" + hex(Array(value.utf8))
        case .bytes(let value): "b" + hex(value)
        case .bytearray(let value): "B" + hex(value)
        case .list(let values): "[" + self.joined(values) + "]"
        case .tuple(let values): "(" + self.joined(values) + ")"
        case .dictionary(let dictionary):
            "{" + dictionary.entries.map { self.of($0.key) + ":" + self.of($0.value) }.joined(separator: ",") + "}"
        case .set(let values): "<" + values.map(self.of).sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) }.joined(separator: ",") + ">"
        case .frozenset(let values):
            "|" + values.map(self.of).sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) }.joined(separator: ",") + "|"
        case .array(let array):
            "A\(array.elementType);" + array.shape.map(String.init).joined(separator: "x") + ";"
                + (array.elementType == .object ? self.joined(array.objects) : hex(array.bytes))
        case .scalar(let scalar): "S\(scalar.elementType);\(hex(scalar.bytes))"
        }
    }

    private static func joined(_ values: [PickleValue]) -> String { values.map(self.of).joined(separator: ",") }
}

func hex(_ bytes: [UInt8]) -> String {
    let digits = Array("0123456789abcdef".utf8)
    var text: [UInt8] = []
    for byte in bytes { text += [digits[Int(byte >> 4)], digits[Int(byte & 15)]] }
    return String(decoding: text, as: UTF8.self)
}

func bytes(hex: String) -> [UInt8] {
    let digits = hex.compactMap { $0.hexDigitValue.map { UInt8($0) } }
    return stride(from: 0, to: digits.count, by: 2).map { digits[$0] << 4 | digits[$0 + 1] }
}
