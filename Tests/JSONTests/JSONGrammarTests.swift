import JSON
import Testing

/// What RFC 8259 allows, what it forbids, and what it leaves open.
@Suite("JSON grammar")
struct JSONGrammarTests {
    private static let accepted: [String] = [
        // Values of each kind, and space around them.
        "null", "true", "false", "0", "\"\"", "[]", "{}", " [] ", "\t\n\r null\r\n\t ", "[ ]", "{ }", "[\n]",
        "[1,2]", "[1 , 2]", "[[]   ]", "[[],[[]]]", "[null, 1, \"1\", {}]", "[1,null,null,null,2]", "[\"a\"]", " [1]", "[2] ",
        "{\"a\":1}", "{\"a\" : 1 }", "{\"a\":1,\"b\":2}", "{\"\":0}", "{\"a\":[]}", "{\n\"a\": \"b\"\n}", "{\"a\":{\"b\":{}}}",
        "{\"a\":\"b\",\"a\":\"c\"}", "{\"a\":\"b\",\"a\":\"b\"}", "{\"foo\\u0000bar\": 42}",
        "{ \"min\": -1.0e+28, \"max\": 1.0e+28 }",
        "{\"x\":[{\"id\": \"xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx\"}], \"id\": \"xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx\"}",
        // Numbers.
        "-0", "-1", "-123", "123", "0.0", "-0.0", "0.5", "123.456789", "1e1", "1E1", "1e+1", "1E+1", "1e-1", "1E-2", "0e1", "0e+1",
        "0E0", "-0e-0", "123.456e78", "20e1", "123.456e-789",
        "-0.000000000000000000000000000000000000000000000000000000000000000000000000000001",
        "[123e65]", "[0e+1]", "[ 4]", "[-0]", "[-123]", "[123.456e78]",
        // Strings.
        "\"a\"", "\" \"", "\"\\\"\\\\\\/\\b\\f\\n\\r\\t\"", "\"\\u0060\\u012a\\u12AB\"", "\"\\uD801\\udc37\"",
        "\"\\ud83d\\ude39\\ud83d\\udc8d\"",
        "\"\\\\u0000\"", "\"\\\\a\"", "\"\\\\n\"", "\"\\u0012\"", "\"\\u0000\"", "\"\\uFFFF\"", "\"\\uDBFF\\uDFFF\"", "\"\\uFDD0\"",
        "\"\\u005C\"", "\"\\u0022\"", "\"\\u200B\\u2064\"", "\"a/*b*/c/*d//e\"", "\"asd \"", "\"new\\u00A0line\"",
        "\"é\"", "\"€𝄞\"", "\"\u{7F}\"", "\"\u{2028}\u{2029}\"", "\"\u{1BFFF}\"", "\"\u{10FFFF}\"", "\"\u{FFFF}\"", "\"\u{FEFF}\"",
        "\"⍂㈴⍂\"",
        "\"\\uA66D\"", "\"aa\u{7F}aa\"", "\"\u{800}\u{FFF}\u{D7FF}\u{E000}\"", "{\"ключ\":\"\u{1F600}\"}",
    ]

    private static let refused: [String] = [
        "", " ", "\n", ",", ":", "x", "]", "}", "[", "{", "\"", "'", "[\"", "{\"", "{\"a", "{\"a\"", "{\"a\":", "{\"a\":1", "{\"a\":1,",
        // Arrays.
        "[1 true]", "[a]", "[\"\": 1]", "[\"\"],", "[,1]", "[1,,2]", "[\"x\",,]", "[\"x\"]]", "[\"\",]", "[1,]", "[,]", "[\"x\"", "[3[4]]",
        "[1:2]", "[   , \"\"]", "[\"a\",\n4\n,1,", "[1,\n1\n,1", "[1,,]", "[-]", "[x", "[[]", "[}", "[\"a\"\n", "[1}", "[[1}]",
        "[\u{B}]", "[\u{C}]", "[\u{A0}]", "[1]\u{A0}", "\u{2060}[]", "[\\n]", "[<null>]", "[1]x", "[][]", "[1] 2", "[*]",
        // Objects.
        "{[: \"x\"}", "{\"x\", null}", "{\"x\"::\"b\"}", "{🇨🇭}", "{\"a\":\"a\" 123}", "{key: 'value'}", "{\"a\" b}", "{:\"b\"}",
        "{\"a\" \"b\"}",
        "{\"a\":", "{\"a\"", "{1:1}", "{9999E9999:1}", "{null:null,null:null}", "{\"id\":0,,,,,}", "{'a':0}", "{\"id\":0,}",
        "{\"a\":\"b\"}/**/", "{\"a\":\"b\"}//", "{\"a\":\"b\"}/", "{\"a\":\"b\",,\"c\":\"d\"}", "{a: \"b\"}", "{\"a\":\"a",
        "{ \"foo\" : \"bar\", \"a\" }",
        "{\"a\":\"b\"}#", "{\"a\":true} \"x\"", "{\"a\":/*comment*/\"b\"}", "{\"a\":\"b\"}#{}", "{}}", "{,}", "{]", "{\"a\":}",
        "{\"a\":1 \"b\":2}",
        // Numbers.
        "-", "+1", "++1234", "-01", "-1.0.", "-2.", "-NaN", ".-1", ".2e-3", "0.1.2", "0.3e+", "0.3e", "0.e1", "0E", "0E+", "1.0e+", "1.0e-",
        "1.0e", "1 000.0", "1eE2", "2.e+3", "2.e-3", "2.e3", "9.e+", "Inf", "NaN", "Infinity", "-Infinity", "nan", "1+2", "0x1", "0x42",
        "- 1",
        "-012", "-.123", "-1x", "1ea", "1e1\u{E5}", "1.", ".123", "1.2a-3", "1.8011670033376514H-308", "012", "01", "00", "0_1", "1_000",
        "１", "0e",
        "1e+", "1e-", "1e.5", "--1", "1.-1", "[-2.]", "[0e+-1]",
        // Literals.
        "nul", "nulll", "tru", "truee", "fals", "falsee", "True", "TRUE", "None", "undefined", "nil", "[fals]", "[nul]", "[tru]", "n", "t",
        "f",
        // Strings.
        "\"\\uD800\\", "\"\\uD800\\u\"", "\"\\uD800\\u1\"", "\"\\uD800\\u1x\"", "\"\\u\"", "\"\\u00A\"", "\"\\u00\"", "\"\\u12G4\"",
        "\"\\uD834\\uDd\"",
        "\"\\x00\"", "\"\\\\\\\"", "\"\\\t\"", "\"\\🌀\"", "\"\\", "\"\\a\"", "\"\\uqqqq\"", "\"\\0\"", "\"\\'\"", "'single'",
        "\\u0020\"asd\"", "\\n", "abc",
        "\"a", "\"\\\"", "\"a\nb\"", "\"a\tb\"", "\"a\u{0}b\"", "\"\u{1F}\"", "\"\r\"", "\"\"x", "\"x\"\"y\"", "\"\\U0061\"", "\"\\u+123\"",
        "\"\\u 123\"",
        "\"\\u١٢٣٤\"", "\"",
        // More than one text, comments, and what other languages have.
        "1 2", "null null", "// x\n1", "/* x */ 1", "1 // x", "#1", "[1]#", "@", "«»", "\u{FEFF}", "\u{FEFF}{}", "\u{FEFF}1", "å", "<.>",
        "[<null>]",
        "aå", "[True]", "1]", "{\"x\": true,", "[][", "]", "⁠", "\u{0}", "1\u{0}", "[\u{0}]", "*", "{\"asd\":\"asd\"", "[\"asd]",
        "[\"asd\\\"]",
    ]

    @Test(arguments: accepted)
    func whatTheGrammarAllowsIsAccepted(text: String) throws {
        try JSONReader().check(text.json)
        let value = try JSONReader().read(text.json)
        // And it means the same once it has been written.
        var output = JSONOutput()
        output.write(value)
        #expect(try JSONReader().read(output.bytes[...]) == value)
    }

    @Test(arguments: refused)
    func whatTheGrammarForbidsIsRefused(text: String) {
        #expect(throws: JSONError.self) { try JSONReader().check(text.json) }
        #expect(throws: JSONError.self) { try JSONReader().read(text.json) }
        #expect(throws: JSONError.self) { try JSONReader().decode(JSONValue.self, from: text.json) }
        #expect(throws: JSONError.self) { try JSONReader().elements(of: text.json) }
        #expect(throws: JSONError.self) { try JSONReader().members(of: text.json) }
        #expect(throws: JSONError.self) { try JSONReader().canonical(text.json) }
    }

    /// Bytes that are no UTF-8, and other encodings of Unicode.
    @Test(
        arguments: [
            [0xFF], [0x22, 0xFF, 0x22], [0x22, 0x80, 0x22], [0x22, 0xC0, 0xAF, 0x22], [0x22, 0xC1, 0xBF, 0x22], [0x22, 0xC3, 0x22],
            [0x22, 0xC3, 0x28, 0x22],
            [0x22, 0xE2, 0x82, 0x22], [0x22, 0xE2, 0x28, 0xA1, 0x22], [0x22, 0xE0, 0x80, 0xAF, 0x22], [0x22, 0xE0, 0x9F, 0xBF, 0x22],
            [0x22, 0xED, 0xA0, 0x80, 0x22],
            [0x22, 0xED, 0xBF, 0xBF, 0x22], [0x22, 0xF0, 0x80, 0x80, 0x80, 0x22], [0x22, 0xF0, 0x8F, 0xBF, 0xBF, 0x22],
            [0x22, 0xF4, 0x90, 0x80, 0x80, 0x22],
            [0x22, 0xF5, 0x80, 0x80, 0x80, 0x22], [0x22, 0xF8, 0x88, 0x80, 0x80, 0x80, 0x22],
            [0x22, 0xFC, 0x83, 0xBF, 0xBF, 0xBF, 0xBF, 0x22],
            [0x22, 0xF0, 0x9F, 0x98, 0x22], [0x22, 0xF0, 0x9F, 0x22], [0x22, 0xF0], [0x22, 0xE2, 0x82], [0x22, 0xC3], [0x5B, 0xE5, 0x5D],
            [0x5B, 0x31, 0xE5, 0x5D],
            [0x7B, 0x22, 0xB9, 0x22, 0x3A, 0x31, 0x7D], [0xEF, 0xBB, 0xBF], [0xEF, 0xBB, 0xBF, 0x5B, 0x5D], [0xFE, 0xFF],
            [0xFF, 0xFE, 0x5B, 0x00, 0x5D, 0x00],
            [0x5B, 0x00, 0x5D, 0x00], [0x00, 0x5B, 0x00, 0x5D], [0x5B, 0x00, 0x00, 0x00, 0x5D, 0x00, 0x00, 0x00], [0x31, 0xC2, 0xA0],
        ] as [[UInt8]])
    func whatIsNotUTF8IsRefused(bytes: [UInt8]) {
        #expect(throws: JSONError.self) { try JSONReader().check(bytes[...]) }
        #expect(throws: JSONError.self) { try JSONReader().read(bytes[...]) }
    }

    /// Halves of surrogate pairs, which the RFC calls unpredictable.
    @Test(arguments: [
        "\"\\uD800\"", "\"\\uDC00\"", "\"\\uDFFF\"", "\"\\uDBFF\"", "\"\\uD800\\uD800\"", "\"\\uDC00\\uD800\"", "\"\\uD800x\"",
        "\"\\uD800\\n\"", "\"\\uD800\\u0061\"",
        "\"\\uD83D\\uD83D\\uDE00\"", "{\"\\uD800\":1}", "\"\\uDd1e\\uD834\"", "\"x\\uD888\"", "\"\\uD800\\uE000\"",
    ])
    func halfOfASurrogatePairIsRefused(text: String) {
        #expect(throws: JSONError.self) { try JSONReader().check(text.json) }
    }

    /// Numbers beyond all types: JSON, and a value that keeps their text.
    @Test(arguments: [
        "0.4e00669999999999999999999999999999999999999999999999999999999999999999999999999999999999999999999999999999969999999006",
        "-1e+9999", "1.5e+9999",
        "-123123e100000", "123123e100000", "123e-10000000", "-123123123123123123123123123123", "100000000000000000000",
        "-237462374673276894279832749832423479823246327846",
        "1e999999999999", "1e-999999999999", "123123123123123123123123123123",
    ])
    func numberOfAnySizeKeepsItsText(text: String) throws {
        #expect(try JSONReader().read(text.json) == .number(try #require(JSONNumber(text))))
        #expect(try JSONReader().canonical(text.json) == Array(text.utf8))
    }

    @Test func everyByteThatIsNoJSONByItselfIsRefused() {
        for byte in UInt8.min ... .max where !(0x30...0x39).contains(byte) {
            #expect(throws: JSONError.self, "\(byte)") { try JSONReader().check([byte]) }
        }
    }

    /// Each control character in a string, in the first eight bytes and in the rest.
    @Test func controlCharactersMustBeEscaped() {
        for byte in 0..<0x20 as Range<UInt8> {
            for length in [0, 7, 8, 20] {
                let text = [0x22] + [UInt8](repeating: 0x61, count: length) + [byte, 0x22]
                let error = #expect(throws: JSONError.self) { try JSONReader().check(text[...]) }
                #expect(error?.code == .controlCharacter)
            }
        }
    }

    @Test func everyPrefixOfATextIsRefused() throws {
        let text = Array(#"{"a":[1.5e-3,"é\u00e9\ud83d\ude00",null,true,false,{"b":[]}],"c":-0}"#.utf8)
        try JSONReader().check(text[...])
        for count in 0..<text.count {
            #expect(throws: JSONError.self, "\(count)") { try JSONReader().read(text[..<count]) }
        }
    }

    @Test func aSliceIsReadWhereItLies() throws {
        let bytes = Array("xx[1,\"a\"]yy".utf8)
        #expect(try JSONReader().read(bytes[2..<9]) == .array([.integer(1), .string("a")]))
        #expect(try JSONReader().elements(of: bytes[2..<9]) == [bytes[3..<4], bytes[5..<8]])
    }
}
