import JSON
import Testing

@Suite("Parts of JSON texts")
struct JSONPartsTests {
    private let reader = JSONReader()

    private func elements(_ text: String) throws -> [String] {
        try reader.elements(of: text.json).map { String(decoding: $0, as: UTF8.self) }
    }

    @Test(arguments: [
        ("[]", []), (" [ ] \n", []), ("[1,2]", ["1", "2"]), (#"[ "a,]" , {"b":[1,{}]} ,null]"#, [#""a,]""#, #"{"b":[1,{}]}"#, "null"]),
        (#"["\"","\\"]"#, [#""\"""#, #""\\""#]), ("[[ 1 , 2 ],-1.5e3]", ["[ 1 , 2 ]", "-1.5e3"]), (#"["ключ"]"#, [#""ключ""#]),
        ("[1.0, 1]", ["1.0", "1"]),
    ])
    func elementsAreAsTheyAreWritten(text: String, expected: [String]) throws {
        #expect(try elements(text) == expected)
    }

    @Test func membersAreAsTheyAreWritten() throws {
        let members = try reader.members(of: #" { "a" : 1.0, "b\u0020\"":[2,3],"":{},"a":"x" } "#.json)
        #expect(members.map(\.name) == ["a", "b \"", "", "a"])
        #expect(members.map { String(decoding: $0.value, as: UTF8.self) } == ["1.0", "[2,3]", "{}", "\"x\""])
        #expect(try reader.members(of: "{}".json).isEmpty)
    }

    @Test(arguments: ["{}", "1", "\"[]\"", "null"])
    func whatIsNoArrayHasNoElements(text: String) {
        #expect(#expect(throws: JSONError.self) { try elements(text) }?.code == .unexpectedValue)
    }

    @Test(arguments: ["[]", "1", "\"{}\"", "null"])
    func whatIsNoObjectHasNoMembers(text: String) {
        #expect(#expect(throws: JSONError.self) { try reader.members(of: text.json) }?.code == .unexpectedValue)
    }

    @Test(arguments: [
        (#" {"b" : [1, 2 ] , "a":{ "d":null,"c":"x y"}} "#, #"{"a":{"c":"x y","d":null},"b":[1,2]}"#), ("[ ]", "[]"), ("1.0", "1.0"),
        ("1E+2", "1E+2"),
        (#"{"\u0062":1,"a":2}"#, #"{"a":2,"b":1}"#), (#""\u00e9\/\n\u0001\ud83d\ude00""#, "\"é/\\n\\u0001😀\""), ("{}", "{}"),
        (#"{"é":1,"z":2,"":3}"#, #"{"":3,"z":2,"é":1}"#),
    ])
    func canonicalFormIsOneForAllThatMeanTheSame(text: String, expected: String) throws {
        #expect(String(decoding: try reader.canonical(text.json), as: UTF8.self) == expected)
        #expect(try reader.canonical(expected.json) == Array(expected.utf8))
    }

    @Test(arguments: [#"{"a":1,"a":2}"#, #"{"a":1,"\u0061":1}"#, #"[{"b":{"c":0,"d":1,"c":0}}]"#])
    func repeatedNameHasNoCanonicalForm(text: String) {
        let error = #expect(throws: JSONError.self) { try reader.canonical(text.json) }
        #expect(error?.code == .duplicateName)
    }

    @Test func valuesKeepOrderAndRepetition() throws {
        let value = try reader.read(#"{"z":1,"a":2,"z":3}"#.json)
        #expect(value == .object([.init("z", .integer(1)), .init("a", .integer(2)), .init("z", .integer(3))]))
        #expect(value["z"] == .integer(3) && value["x"] == nil && value[0] == nil)
        #expect(try reader.read("[null,true]".json)[1] == .bool(true))
        #expect(try reader.read("\"a\"".json).string == "a")
    }

    @Test func outputIsAsTheStyleSays() throws {
        var style = JSONOutput.Style()
        style.isSpaced = true
        style.escapesUnprintable = true
        var output = JSONOutput(style: style)
        output.write(.object([.init("a\u{202E}", .array([.null, .bool(true), .integer(-12), .string("\u{1B}\n\u{E0001}\"é")]))]))
        #expect(String(decoding: output.bytes, as: UTF8.self) == #"{"a\u202e": [null, true, -12, "\u001b\n\udb40\udc01\"é"]}"#)
    }
}
