import Testing

@testable import MLServingCore

@Suite("JSONCodec")
struct JSONCodecTests {
    @Test(arguments: [
        (#" {"b" : [1, 2 ] , "a":{ "d":null,"c":"x y"}} "#, #"{"a":{"c":"x y","d":null},"b":[1,2]}"#),
        ("[ ]", "[]"), (" \"a b\" ", "\"a b\""), ("1.0", "1.0"), ("{}", "{}"),
    ])
    func canonicalFormHasNoSpaceAndSortedNames(text: String, expected: String) throws {
        #expect(String(decoding: try JSONCodec().canonical(value: Array(text.utf8)[...]), as: UTF8.self) == expected)
    }

    @Test(arguments: ["", "[1", "{\"a\":1,\"a\":2}", "1 2", String(repeating: "[", count: 513) + String(repeating: "]", count: 513)])
    func whatCannotBeComparedHasNoCanonicalForm(text: String) {
        #expect(throws: ServingError.self) { try JSONCodec().canonical(value: Array(text.utf8)[...]) }
    }

    private let codec = JSONCodec()

    @Test(arguments: ["1", "-1.5e3", #""text""#, "null", "true", "[]", "{}", #" {"a":[1,{"b":null}]} "#])
    func wellFormedValuesPass(text: String) throws {
        try codec.check(value: [UInt8](text.utf8)[...])
    }

    @Test func elementThatIsNoJSONIsLeftToWhoDecodesIt() throws {
        let parts = try codec.split(list: Array(#" ["one, [", {"a":}, nope, [1,{"b":"]"}] ] "#.utf8)[...])
        #expect(parts.map { String(decoding: $0, as: UTF8.self) } == [#""one, [""#, #"{"a":}"#, "nope", #"[1,{"b":"]"}]"#])
        #expect(throws: (any Error).self) { try codec.check(value: parts[1]) }
        for text in ["[1 2", #"["a]"#, "[nope]]", "[nope,]", "[{nope]", "nope", "[,nope]"] {
            #expect(throws: (any Error).self) { try codec.split(list: Array(text.utf8)[...]) }
        }
    }

    /// Foundation lets these pass: a comma before the end, a byte order mark, and UTF-16.
    @Test(arguments: [
        Array("[1,]".utf8), Array(#"{"a":1,}"#.utf8), [0xEF, 0xBB, 0xBF, 0x31], [0x5B, 0, 0x31, 0, 0x5D, 0], [0xFF, 0xFE, 0x31, 0],
        [0x22, 0xFF, 0x22],
    ])
    func whatIsNotJSONIsRefusedByAll(bytes: [UInt8]) {
        #expect(throws: (any Error).self) { try codec.check(value: bytes[...]) }
        #expect(throws: (any Error).self) { try codec.decode([Int].self, from: bytes[...]) }
        #expect(throws: (any Error).self) { try codec.split(list: bytes[...]) }
        #expect(throws: (any Error).self) { try codec.canonical(value: bytes[...]) }
        #expect(throws: (any Error).self) { try codec.value(EncodedValue.self, from: bytes[...]) }
        #expect(throws: (any Error).self) { try codec.decode(recordFrom: bytes[...]) }
    }

    /// Foundation's decoder ends the process at the first of these.
    @Test func numbersThatTrapInFoundationAreReadOrRefused() throws {
        let number = "0." + String(repeating: "0", count: 128) + "1e145"
        #expect(try codec.decode(Int.self, from: Array(number.utf8)[...]) == 10_000_000_000_000_000)
        #expect(throws: DecodingError.self) { try codec.decode(Int.self, from: Array("1e999999999999".utf8)[...]) }
        #expect(throws: DecodingError.self) { try codec.decode(Double.self, from: Array("1e400".utf8)[...]) }
        #expect(throws: (any Error).self) { try codec.decode(recordFrom: Array(#"{"times":{"queued_us":1e400}}"#.utf8)[...]) }
    }

    @Test func namesAreReadWithTheirEscapes() throws {
        let record = try codec.decode(
            recordFrom: Array(#"{"\u0069d":"7","outcomes":[{"v\u0061lue":1.0}]}"#.utf8)[...])
        #expect(record.requestID == "7")
        #expect(try record.outcomes.first?.get() == Array("1.0".utf8)[...])
    }

    @Test(arguments: ["", " ", "[1}", "nope", #"{"a":}"#, "[1 2]", "1 2", #""open"#, #"tru"x""#, "{1:2}", "]", #"{"a" 1}"#])
    func malformedValuesAreRefused(text: String) {
        #expect(throws: (any Error).self) { try codec.check(value: [UInt8](text.utf8)[...]) }
    }

    @Test(arguments: [512, 513, 514, 100_000])
    func textThatEndsInItsDepthsIsRefused(depth: Int) {
        let text = [UInt8](repeating: UInt8(ascii: "["), count: depth)
        #expect(throws: (any Error).self) { try codec.check(value: text[...]) }
        #expect(throws: (any Error).self) { try codec.decode([Int].self, from: text[...]) }
    }

    @Test func slashesStayAsTheyAre() throws {
        #expect(String(decoding: try codec.encode("a/b"), as: UTF8.self) == #""a/b""#)
    }

    @Test func numbersWithoutAFormAreRefused() {
        #expect(throws: (any Error).self) { try codec.encode([Double.nan]) }
    }
}
