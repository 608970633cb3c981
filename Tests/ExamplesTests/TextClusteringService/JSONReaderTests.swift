import Testing

@testable import TextClusteringService

@Suite struct JSONReaderTests {
    @Test(arguments: [
        (#""plain""#, "plain"),
        (#""""#, ""),
        (#" "\"\\\/\b\f\n\r\t" "#, "\"\\/\u{8}\u{C}\n\r\t"),
        (#""\u0041\u00e9\u20AC""#, "Aé€"),
        (#""\ud83d\ude00 \uD834\uDD1E""#, "😀 𝄞"),
        (#""ключ 😀""#, "ключ 😀"),
        (#""\u0000""#, "\0"),
        ("\"\u{7F}\"", "\u{7F}"),
    ])
    func textIsUnescaped(json: String, text: String) throws {
        var reader = JSONReader(Array(json.utf8))
        #expect(try reader.readText() == text)
        try reader.finish()
    }

    @Test(arguments: [
        "", "\"", "\"a", "\"\\", "\"\\\"", #""\x41""#, #""\u00""#, #""\u00zz""#, #""\u+041""#, "\"a\nb\"", "\"\t\"", #""\ud83d""#,
        #""\ud83dx""#,
        #""\ud83d\n""#, #""\ud83d\u0041""#, #""\ude00""#, "'a'", "a",
    ])
    func brokenTextIsRefused(json: String) {
        var reader = JSONReader(Array(json.utf8))
        #expect(throws: MalformedJSON.self) {
            _ = try reader.readText()
            try reader.finish()
        }
    }

    @Test(arguments: [[0x22, 0xFF, 0x22], [0x22, 0xC3, 0x22], [0x22, 0xED, 0xA0, 0x80, 0x22], [0x22, 0xC0, 0x80, 0x22]] as [[UInt8]])
    func textThatIsNoUTF8IsRefused(bytes: [UInt8]) {
        var reader = JSONReader(bytes)
        #expect(throws: MalformedJSON.self) { try reader.readText() }
    }

    @Test(arguments: [
        "0", "-0", "10", "-1.5", "0.25e10", "1E+2", "1e-2", "true", "false", "null", "[]", "{}", " [ 1 , [ ] , { \"a\" : null } ] ",
        #"{"a":{"b":[1,2]}}"#,
    ])
    func everyKindOfValueIsPassedOver(json: String) throws {
        var reader = JSONReader(Array(json.utf8))
        try reader.skipValue()
        try reader.finish()
    }

    @Test(arguments: [
        "01", "1.", ".5", "-", "+1", "1e", "1e+", "0x1", "tru", "True", "nul", "NaN", "[1,]", "[,1]", "[1 2]", "[", "]", "{", "}",
        #"{"a"}"#, #"{"a":}"#,
        #"{"a":1,}"#, #"{a:1}"#, #"{"a":1 "b":2}"#, "1 2", "[]]", "[}", "\u{FEFF}1",
    ])
    func brokenValueIsRefused(json: String) {
        var reader = JSONReader(Array(json.utf8))
        #expect(throws: MalformedJSON.self) {
            try reader.skipValue()
            try reader.finish()
        }
    }

    @Test func membersComeInTheirOrder() throws {
        var reader = JSONReader(Array(#" {"b": "1", "a" : "2" , "c":"3"} "#.utf8))
        var members: [String] = []
        try reader.readObject { reader, name in members.append(name + (try reader.readText())) }
        #expect(members == ["b1", "a2", "c3"])
    }

    @Test func deepNestingEndsInAnErrorAndNotOnTheStack() {
        var reader = JSONReader(Array(repeating: UInt8(ascii: "["), count: 1_000_000))
        #expect(throws: MalformedJSON.self) { try reader.skipValue() }
    }
}
