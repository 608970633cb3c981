import Testing

@testable import MLServingCore

@Suite("JSONScanner")
struct JSONScannerTests {
    private func elements(_ text: String) throws -> [String] {
        var scanner = JSONScanner([UInt8](text.utf8)[...])
        let elements = try scanner.readElements().map { String(decoding: $0, as: UTF8.self) }
        try scanner.finish()
        return elements
    }

    private func members(_ text: String) throws -> [[String]] {
        var scanner = JSONScanner([UInt8](text.utf8)[...])
        let members = try scanner.readMembers().map { [$0.name, String(decoding: $0.value, as: UTF8.self)] }
        try scanner.finish()
        return members
    }

    @Test(arguments: [
        ("[]", []),
        (" [ ] \n", []),
        ("[1,2]", ["1", "2"]),
        (#"[ "a,]" , {"b":[1,{}]} ,null]"#, [#""a,]""#, #"{"b":[1,{}]}"#, "null"]),
        (#"["\"","\\"]"#, [#""\"""#, #""\\""#]),
        ("[[ 1 , 2 ],-1.5e3]", ["[ 1 , 2 ]", "-1.5e3"]),
        (#"["ключ"]"#, [#""ключ""#]),
    ])
    func findsTheElements(text: String, expected: [String]) throws {
        #expect(try elements(text) == expected)
    }

    @Test func findsTheMembers() throws {
        #expect(try members(#" { "a" : 1, "b":[2,3],"":{}} "#) == [["a", "1"], ["b", "[2,3]"], ["", "{}"]])
        #expect(try members("{}") == [])
    }

    @Test(arguments: ["", " ", "[", "[1", "[1,", "[1,]", "[,]", "[1 2]", "[1]]", "[1] x", "{}", "1", #"["a]"#, #"["\"#, "[[1]", "[1}", "]"])
    func refusesWhatIsNoArray(text: String) {
        let error = #expect(throws: ServingError.self) { try elements(text) }
        #expect(error?.code == .malformedRequest)
    }

    @Test(arguments: ["{", #"{"a"}"#, #"{"a":}"#, #"{"a":1,}"#, #"{a:1}"#, #"{1:1}"#, #"{"a":1"#, #"{"a":1}}"#, "[]", #"{"a" 1}"#])
    func refusesWhatIsNoObject(text: String) {
        let error = #expect(throws: ServingError.self) { try members(text) }
        #expect(error?.code == .malformedRequest)
    }

    @Test func depthCostsNoStack() throws {
        let depth = 1_000_000
        let deep = String(repeating: "[", count: depth) + String(repeating: "]", count: depth)
        #expect(try elements(deep).first?.count == 2 * (depth - 1))
    }

    @Test func saysWhereItFailed() throws {
        let error = #expect(throws: ServingError.self) { try elements("[1 2]") }
        #expect(error?.message.contains("byte 3") == true)
    }
}
