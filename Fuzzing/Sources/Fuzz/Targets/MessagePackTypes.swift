@testable internal import MessagePack

extension FuzzTarget {
    /// Swift types: what one of them takes in encodes and decodes to the same again, and arrays that are moved in bulk are what their
    /// elements are one by one.
    static let messagePackTypes = FuzzTarget("messagepack-types") { bytes in
        var input = FuzzInput(bytes)
        let check = input.element(of: checks)
        check(input.remaining())
    }

    private static let checks: [@Sendable ([UInt8]) -> Void] = [
        checkArray(of: Bool.self), checkArray(of: Int.self), checkArray(of: Int8.self), checkArray(of: Int16.self),
        checkArray(of: Int32.self), checkArray(of: Int64.self), checkArray(of: UInt.self), checkArray(of: UInt8.self),
        checkArray(of: UInt16.self), checkArray(of: UInt32.self), checkArray(of: UInt64.self), checkArray(of: Float.self),
        checkArray(of: Double.self), checkArray(of: String.self),
        checkRoundTrip(of: SampleRecord.self), checkRoundTrip(of: [SampleRecord].self), checkRoundTrip(of: SampleChoice.self),
        checkRoundTrip(of: SampleSubclass.self), checkRoundTrip(of: MessagePackTimestamp.self), checkRoundTrip(of: [String: Int].self),
        checkRoundTrip(of: [Int: [Float]].self), checkRoundTrip(of: [[Double]].self), checkRoundTrip(of: [String?].self),
        // Values in encoded form may be nested deeper than what can be sorted.
        checkRoundTrip(of: [MessagePackRaw].self, sortsKeys: false), checkRoundTrip(of: String.self), checkRoundTrip(of: Double.self),
    ]

    private static func decode<Value: Decodable>(_ type: Value.Type, from bytes: [UInt8]) -> Value? {
        decoding(bytes.count, factor: 1_024) { try MessagePackDecoder().decode(type, from: bytes) }
    }

    private static func encode(_ value: some Encodable, sortsKeys: Bool = true) -> [UInt8] {
        var encoder = MessagePackEncoder()
        encoder.sortedKeys = sortsKeys
        return expectSuccess("a decoded value cannot be encoded") { try encoder.encode(value) }
    }

    private static func checkRoundTrip<Value: Codable & SendableMetatype>(
        of type: Value.Type, sortsKeys: Bool = true
    ) -> @Sendable ([UInt8]) -> Void {
        { bytes in
            guard let value = decode(type, from: bytes) else { return }
            let encoded = encode(value, sortsKeys: sortsKeys)
            guard let again = decode(type, from: encoded) else { fatalError("an encoded \(type) cannot be decoded") }
            expect(encode(again, sortsKeys: sortsKeys) == encoded, "a \(type) changed on its way")
        }
    }

    private static func checkArray<Element: Codable & Sendable>(of type: Element.Type) -> @Sendable ([UInt8]) -> Void {
        { bytes in
            let inBulk = decode([Element].self, from: bytes)
            let oneByOne = decode([Single<Element>].self, from: bytes)
            // Binary is read by types of bytes, and taken for an array by those that ask for one byte after the other.
            if (0xC4...0xC6).contains(bytes.first ?? 0) { return }
            expect((inBulk == nil) == (oneByOne == nil), "[\(type)] is not accepted both in bulk and one by one")
            guard let inBulk, let oneByOne else { return }
            expect(encode(inBulk.map { Single($0) }) == encode(oneByOne), "[\(type)] differs in bulk and one by one")
            checkRoundTrip(of: [Element].self)(bytes)
        }
    }
}

/// Hides from the coders that an element has a primitive type.
private struct Single<Element: Codable & Sendable>: Codable, Sendable {
    let element: Element

    init(_ element: Element) {
        self.element = element
    }

    init(from decoder: any Decoder) throws {
        element = try decoder.singleValueContainer().decode(Element.self)
    }

    func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        try container.encode(element)
    }
}
