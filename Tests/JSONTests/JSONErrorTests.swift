import JSON
import Testing

@Suite("JSONError")
struct JSONErrorTests {
    private func error(_ text: String, _ limits: JSONLimits = .default) throws -> JSONError {
        try #require(#expect(throws: JSONError.self) { try JSONReader(limits: limits).read(text.json) })
    }

    @Test(arguments: [
        ("", JSONError.Code.truncated, 0, 1, 1, "$"), ("[1,", .truncated, 3, 1, 4, "$[1]"), ("[1,]", .unexpectedByte, 3, 1, 4, "$[1]"),
        ("[\n 1,\n  x]", .unexpectedByte, 8, 3, 3, "$[1]"), ("[\"é\" 1]", .unexpectedByte, 6, 1, 6, "$[0]"),
        ("[01]", .invalidNumber, 1, 1, 2, "$[0]"),
        ("{\"a\":{\"b c\":[true,nul]}}", .unexpectedByte, 21, 1, 22, "$.a[\"b c\"][1]"), ("{\"a\":1,}", .unexpectedByte, 7, 1, 8, "$.a"),
        ("[\"\\x\"]", .invalidEscape, 2, 1, 3, "$[0]"), ("\"\\ud800\"", .invalidEscape, 1, 1, 2, "$"),
        ("1 2", .trailingBytes, 2, 1, 3, "$"),
        ("\u{FEFF}1", .byteOrderMark, 0, 1, 1, "$"), ("[-]", .invalidNumber, 2, 1, 3, "$[0]"),
    ])
    func saysWhereAndWhat(text: String, code: JSONError.Code, offset: Int, line: Int, column: Int, path: String) throws {
        let error = try error(text)
        #expect(error.code == code, "\(error)")
        #expect(error.byteOffset == offset && error.line == line && error.column == column && error.path == path, "\(error)")
        #expect(error.description.contains("(\(code), at byte \(offset), line \(line), column \(column)"))
    }

    @Test func nothingOfTheTextThatATerminalActsOnIsInAMessage() throws {
        for text in ["\u{1B}[31m", "{\"\u{9B}\\u001b\":\u{1}}", "[\u{202E}]", "{\"a\u{202E}b\": x}"] {
            let error = try error(text)
            #expect(
                error.description.unicodeScalars.allSatisfy {
                    $0.properties.generalCategory != .control && $0.properties.generalCategory != .format
                }, "\(error)")
        }
    }

    @Test func aLongWayIsCutShort() throws {
        let text = String(repeating: "{\"\(String(repeating: "n", count: 100))\":", count: 400)
        #expect(try error(text).path.utf8.count < 400)
    }

    @Test func everyLimitIsKeptAndNamed() throws {
        let deep = try error("[[[]]]", JSONLimits(maximumDepth: 2))
        #expect(deep.code == .depthExceeded && deep.byteOffset == 2 && deep.message.contains("maximumDepth is 2"))
        #expect(throws: Never.self) { try JSONReader(limits: JSONLimits(maximumDepth: 3)).check("[[[]]]".json) }
        let long = try error("[1,2]", JSONLimits(maximumByteCount: 4))
        #expect(long.code == .sizeExceeded && long.message.contains("5 bytes") && long.message.contains("maximumByteCount is 4"))
        let many = try error("[1,{\"a\":2}]", JSONLimits(maximumValueCount: 3))
        #expect(many.code == .valueCountExceeded && many.message.contains("maximumValueCount is 3"))
        #expect(throws: Never.self) { try JSONReader(limits: JSONLimits(maximumValueCount: 4)).check("[1,{\"a\":2}]".json) }
    }

    /// 100,000 brackets of each kind, with and without ends: the depth is refused and costs no stack.
    @Test func depthCostsNoStack() throws {
        for depth in [512, 513, 514, 100_000] {
            let arrays = String(repeating: "[", count: depth)
            let objects = String(repeating: "{\"a\":", count: depth)
            #expect(try error(arrays).code == (depth > 512 ? .depthExceeded : .truncated))
            #expect(try error(objects).code == (depth > 512 ? .depthExceeded : .truncated))
            #expect(try error(arrays + "}").code == (depth > 512 ? .depthExceeded : .unexpectedByte))
        }
        let deepest = String(repeating: "[", count: 512) + String(repeating: "]", count: 512)
        try JSONReader().check(deepest.json)
        #expect(try JSONReader().canonical(deepest.json) == Array(deepest.utf8))
        #expect(throws: JSONError.self) { try JSONReader().check("[\(deepest)]".json) }
        // Without a limit to speak of, the reader itself needs none.
        let reader = JSONReader(limits: JSONLimits(maximumDepth: .max))
        try reader.check((String(repeating: "[", count: 1_000_000) + String(repeating: "]", count: 1_000_000)).json)
    }
}
