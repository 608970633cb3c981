import Testing

@testable import MessagePack

@Suite("Canonical values")
struct CanonicalValueTests {
    private func canonical(_ bytes: [UInt8]) throws -> [UInt8] {
        var reader = MessagePackReader(bytes)
        let value = try reader.readCanonicalValue()
        try reader.finish()
        return value
    }

    @Test(
        arguments: [
            // Integers.
            ([0xcc, 0x05], [0x05]), ([0xcd, 0x00, 0xff], [0xcc, 0xff]), ([0xd0, 0xff], [0xff]), ([0xd3, 0, 0, 0, 0, 0, 0, 0, 7], [7]),
            ([0xcf, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff], [0xcf, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff]),
            // Texts, bytes, extensions.
            ([0xd9, 1, 0x61], [0xa1, 0x61]), ([0xdb, 0, 0, 0, 1, 0x61], [0xa1, 0x61]), ([0xc5, 0, 1, 9], [0xc4, 1, 9]),
            ([0xc7, 1, 5, 9], [0xd4, 5, 9]),
            // Containers.
            ([0xdc, 0, 1, 0xcc, 1], [0x91, 1]), ([0xde, 0, 1, 0xd9, 1, 0x61, 0xcc, 1], [0x81, 0xa1, 0x61, 1]),
            ([0x82, 0xa1, 0x62, 1, 0xa1, 0x61, 2], [0x82, 0xa1, 0x61, 2, 0xa1, 0x62, 1]),
            // What has one form only.
            ([0xc0], [0xc0]), ([0xc3], [0xc3]), ([0xca, 0, 0, 0, 0], [0xca, 0, 0, 0, 0]),
        ] as [([UInt8], [UInt8])])
    func allEncodingsOfAValueHaveOneForm(bytes: [UInt8], expected: [UInt8]) throws {
        #expect(try canonical(bytes) == expected)
        #expect(try canonical(expected) == expected)
    }

    @Test func mapWithTheSameKeyTwiceHasNone() {
        #expect(throws: MessagePackError.self) { try canonical([0x82, 0x01, 0xc0, 0xcc, 0x01, 0xc3]) }
    }

    @Test func nestingIsBounded() throws {
        #expect(try canonical(Array(repeating: 0x91, count: 64) + [0]).count == 65)
        let error = #expect(throws: MessagePackError.self) { try canonical(Array(repeating: 0x91, count: 65) + [0]) }
        #expect(error?.code == .depthExceeded)
        #expect(error?.message == "arrays and maps are nested 65 deep or deeper, and maximumDepth is 64")
    }

    @Test func truncatedValuesAreRefused() throws {
        let whole = try MessagePackEncoder().encode(["name": ["a", "b"], "other": ["c"]])
        for count in 0..<whole.count { #expect(throws: MessagePackError.self) { try canonical(Array(whole[..<count])) } }
    }

    @Test func canonicalFormDecodesToTheSameValue() throws {
        let value: MessagePackValue = [
            "d": [1, 2.5, -3, nil, true], "b": ["large": 300_000, "text": "ü"], "a": .double(0.1), "c": .binary([1, 2, 3]),
        ]
        let sorted: MessagePackValue = [
            "a": .double(0.1), "b": ["text": "ü", "large": 300_000], "c": .binary([1, 2, 3]), "d": [1, 2.5, -3, nil, true],
        ]
        let bytes = try MessagePackEncoder().encode(value)
        #expect(try MessagePackDecoder().decode(MessagePackValue.self, from: try canonical(bytes)) == sorted)
    }
}
