internal import FoundationEssentials
internal import JSON

extension FuzzTarget {
    /// Each kind of type from JSON: what one of them takes in encodes and decodes to the same again, and arrays that are moved in bulk are what
    /// their elements are one by one.
    static let jsonTypes = FuzzTarget("json-types") { bytes in
        var input = FuzzInput(bytes)
        let check = input.element(of: checks)
        check(input.remaining())
    }

    private static let checks: [@Sendable ([UInt8]) -> Void] = [
        checkArray(of: Bool.self), checkArray(of: Int.self), checkArray(of: Int8.self), checkArray(of: Int16.self),
        checkArray(of: Int32.self), checkArray(of: Int64.self), checkArray(of: UInt.self), checkArray(of: UInt8.self),
        checkArray(of: UInt16.self), checkArray(of: UInt32.self), checkArray(of: UInt64.self), checkArray(of: Float.self),
        checkArray(of: Double.self), checkArray(of: String.self), checkArray(of: Int128.self), checkArray(of: UInt128.self),
        checkArray(of: Float16.self), checkArray(of: Decimal.self), checkArray(of: Date.self), checkArray(of: Data.self),
        checkArray(of: UUID.self), checkArray(of: JSONValue.self),
        checkRoundTrip(of: SampleRecord.self), checkRoundTrip(of: [SampleRecord].self), checkRoundTrip(of: SampleChoice.self),
        checkRoundTrip(of: SampleSubclass.self), checkRoundTrip(of: [String: Int].self), checkRoundTrip(of: [Int: [Float]].self),
        checkRoundTrip(of: [[Double]].self), checkRoundTrip(of: [String?].self), checkRoundTrip(of: Range<Int>.self),
        checkRoundTrip(of: ClosedRange<Double>.self), checkRoundTrip(of: Duration.self), checkRoundTrip(of: Set<Int>.self),
        // Which of equal texts is kept may differ.
        { _ = decode([String: [String: Double]].self, from: $0) }, { _ = decode([URL].self, from: $0) },
        { _ = decode([Double: Int].self, from: $0) },
    ]

    private static func decode<Value: Decodable>(_ type: Value.Type, from bytes: [UInt8]) -> Value? {
        decoding(bytes.count, factor: 1_024) { try JSONReader().decode(type, from: bytes[...]) }
    }

    private static func encode(_ value: some Encodable) -> [UInt8] {
        expectSuccess("a decoded value cannot be encoded") { try JSONWriter().encode(value) }
    }

    private static func checkRoundTrip<Value: Codable & SendableMetatype>(of type: Value.Type) -> @Sendable ([UInt8]) -> Void {
        { bytes in
            guard let value = decode(type, from: bytes) else { return }
            let encoded = encode(value)
            guard let again = decode(type, from: encoded) else { fatalError("an encoded \(type) cannot be decoded") }
            // Dictionaries have no order.
            let texts = [encoded, encode(again)].map { text in
                expectSuccess("an encoded \(type) is not JSON") { try JSONReader().read(text[...]) }
            }
            expect(sorted(texts[0]) == sorted(texts[1]), "a \(type) changed on its way")
        }
    }

    private static func sorted(_ value: JSONValue) -> JSONValue {
        switch value {
        case .array(let values): .array(values.map(sorted).sorted { "\($0)" < "\($1)" })
        case .object(let members):
            .object(members.map { .init($0.name, sorted($0.value)) }.sorted { ($0.name, "\($0.value)") < ($1.name, "\($1.value)") })
        default: value
        }
    }

    private static func checkArray<Element: Codable & Sendable>(of type: Element.Type) -> @Sendable ([UInt8]) -> Void {
        { bytes in
            let inBulk = decode([Element].self, from: bytes)
            let oneByOne = decode([Single<Element>].self, from: bytes)
            expect((inBulk == nil) == (oneByOne == nil), "[\(type)] is not accepted both in bulk and one by one")
            guard let inBulk, let oneByOne else { return }
            let encoded = encode(inBulk)
            expect(encoded == encode(oneByOne), "[\(type)] differs in bulk and one by one")
            guard let again = decode([Element].self, from: encoded) else { fatalError("an encoded [\(type)] cannot be decoded") }
            expect(encode(again) == encoded, "[\(type)] changed on its way")
        }
    }
}

/// Hides from the coders that an element has a primitive type.
private struct Single<Element: Codable & Sendable>: Codable, Sendable {
    let element: Element

    init(from decoder: any Decoder) throws {
        element = try decoder.singleValueContainer().decode(Element.self)
    }

    func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        try container.encode(element)
    }
}
