import MLServingCore
import Testing

@Suite("JSONCodec")
struct JSONCodecTests {
    @Test(arguments: [
        (#" {"b" : [1, 2 ] , "a":{ "d":null,"c":"x y"}} "#, #"{"a":{"c":"x y","d":null},"b":[1,2]}"#),
        ("[ ]", "[]"), (" \"a b\" ", "\"a b\""), ("1.0", "1.0"), ("{}", "{}"),
    ])
    func canonicalFormHasNoSpaceAndSortedNames(text: String, expected: String) throws {
        #expect(String(decoding: try JSONCodec().canonical(value: Array(text.utf8)[...]), as: UTF8.self) == expected)
    }

    @Test(arguments: ["", "[1", "{\"a\":1,\"a\":2}", "1 2", String(repeating: "[", count: 65) + String(repeating: "]", count: 65)])
    func whatCannotBeComparedHasNoCanonicalForm(text: String) {
        #expect(throws: ServingError.self) { try JSONCodec().canonical(value: Array(text.utf8)[...]) }
    }

    private let codec = JSONCodec()

    @Test(arguments: ["1", "-1.5e3", #""text""#, "null", "true", "[]", "{}", #" {"a":[1,{"b":null}]} "#])
    func wellFormedValuesPass(text: String) throws {
        try codec.check(value: [UInt8](text.utf8)[...])
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
