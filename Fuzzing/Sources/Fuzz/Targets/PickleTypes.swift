@testable internal import Pickle

extension FuzzTarget {
    /// Swift types and numpy arrays: what they take in can be written, and reads as the same again.
    static let pickleTypes = FuzzTarget("pickle-types") { bytes in
        var input = FuzzInput(bytes)
        let check = input.element(of: checks)
        check(input.remaining())
    }

    private static let checks: [@Sendable ([UInt8]) -> Void] = [
        checkArray, checkNumbers(of: Bool.self), checkNumbers(of: Int8.self), checkNumbers(of: UInt16.self), checkNumbers(of: Int32.self),
        checkNumbers(of: Int64.self), checkNumbers(of: UInt64.self), checkNumbers(of: Float.self), checkNumbers(of: Double.self),
        checkRoundTrip(of: [UInt8].self), checkRoundTrip(of: [String].self), checkRoundTrip(of: [[Float]].self),
        checkRoundTrip(of: SampleRecord.self), checkRoundTrip(of: SampleChoice.self), checkRoundTrip(of: SampleSubclass.self),
        checkRoundTrip(of: [String: Int].self), checkRoundTrip(of: [Int: String].self), checkRoundTrip(of: Double?.self),
        checkRoundTrip(of: NumpyScalar.self), checkRoundTrip(of: PickleValue.self),
    ]

    private static var decoder: PickleDecoder {
        var decoder = PickleDecoder()
        decoder.reader.limits.maximumValues = 20_000
        decoder.reader.limits.maximumExpandedSize = 1 << 20
        decoder.reader.limits.maximumDepth = 64
        return decoder
    }

    private static func decode<Value: Decodable>(_ type: Value.Type, from bytes: [UInt8]) -> Value? {
        // Values that a pickle shares become values of their own: that is what the limits are for.
        decoding(bytes.count, factor: 640, allowance: 1 << 26) { try decoder.decode(type, from: bytes) }
    }

    private static func checkRoundTrip<Value: Codable & SendableMetatype>(of type: Value.Type) -> @Sendable ([UInt8]) -> Void {
        { bytes in
            guard let value = decode(type, from: bytes) else { return }
            let encoder = PickleEncoder(numericArrays: .list)
            let value2 = expectSuccess("a decoded \(type) cannot be encoded") { try encoder.encodeToValue(value) }
            let again = expectSuccess("an encoded \(type) cannot be decoded") { try PickleDecoder().decode(type, fromValue: value2) }
            let value3 = expectSuccess("encoding twice") { try encoder.encodeToValue(again) }
            expect(value2 == value3 || value2.hasNaN, "a \(type) changed on its way")
        }
    }

    private static func checkNumbers<Element: NumpyElement & Codable>(of type: Element.Type) -> @Sendable ([UInt8]) -> Void {
        { bytes in
            guard let numbers = decode([Element].self, from: bytes) else { return }
            let pickle = expectSuccess("numbers cannot be written as an array") {
                try PickleEncoder(numericArrays: .numpy).encode(numbers)
            }
            let again = expectSuccess("an array of numbers cannot be read") { try PickleDecoder().decode([Element].self, from: pickle) }
            expect(again.withUnsafeBytes { Array($0) } == numbers.withUnsafeBytes { Array($0) }, "[\(type)] changed on its way")
        }
    }

    private static func checkArray(_ bytes: [UInt8]) {
        guard case .array(let array)? = decoding(bytes.count, factor: 640, { try decoder.reader.read(bytes) }) else { return }
        let floats = try? array.values(as: Float.self)
        expect(floats.map { $0.count == array.count } ?? true, "as many numbers as elements")
        _ = try? array.values(as: Int16.self)
        _ = try? array.strings()
        for position in 0..<min(array.count, 64) { _ = array.element(at: position) }
        expect(array.element(at: array.count) == nil, "an element beyond the end")
        let length = array.shape.first ?? 0
        for index in [0, length - 1] {
            guard let row = array.row(index) else { continue }
            expect(row.count * length == array.count, "the rows are not the array")
        }
        expect(array.row(length) == nil, "a row beyond the end")
    }
}

extension PickleValue {
    /// Whether the value contains a number that is none, and so differs from itself.
    fileprivate var hasNaN: Bool {
        switch self {
        case .float(let value): value.isNaN
        case .list(let values), .tuple(let values), .set(let values), .frozenset(let values): values.contains(where: \.hasNaN)
        case .dictionary(let dictionary): dictionary.entries.contains { $0.key.hasNaN || $0.value.hasNaN }
        case .array, .scalar: self != self
        default: false
        }
    }
}
