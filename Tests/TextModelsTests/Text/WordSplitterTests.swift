import Testing

@testable import TextModels

@Suite struct WordSplitterTests {
    private static func words(_ text: String) -> [String] {
        let utf8 = Array(text.utf8)
        return utf8.withUnsafeBufferPointer { WordSplitter.ranges(of: $0) }.map { String(decoding: utf8[$0], as: UTF8.self) }
    }

    @Test(
        arguments: [
            ("", []), (" \t\n.,;", []), ("door", ["door"]), ("  open, the door! ", ["open", "the", "door"]),
            ("don't e-mail a_b c++", ["don", "t", "e", "mail", "a_b", "c"]),
            ("été дверь 東京 ½ ² Ⅻ ٣", ["été", "дверь", "東京", "½", "²", "Ⅻ", "٣"]),
            // Marks, symbols and joiners are no word characters to Python's `re`.
            ("e\u{301}te", ["e", "te"]), ("हिन्दी", ["ह", "न", "द"]), ("a\u{200D}b", ["a", "b"]), ("x\u{A0}y\u{2003}z", ["x", "y", "z"]),
            ("🙂ok🙂", ["ok"]), ("ª º ʰ", ["ª", "º", "ʰ"]),
        ] as [(String, [String])])
    func splitsAtRunsOfNonWordCharacters(text: String, words: [String]) {
        #expect(Self.words(text) == words)
    }

    /// Characters that came after the reference's Unicode version are left out: `unicodedata` calls them unassigned.
    @Test(.enabled(if: PythonReference.interpreter != nil))
    func everyCharacterIsJudgedAsByThePythonExpression() throws {
        let program = """
            import re, unicodedata
            characters = [chr(c) for c in range(0x110000) if not 0xD800 <= c < 0xE000]
            assigned = [c for c in characters if unicodedata.category(c) != "Cn"]
            print(json.dumps([[ord(c) for c in assigned], [ord(c) for c in assigned if re.match(r"\\w", c)]]))
            """
        let answer = try PythonReference.run(program, given: 0, as: [[UInt32]].self)
        let expected = Set(answer[1])
        #expect(expected.count > 100_000)
        let differing = answer[0].filter { value in
            guard let scalar = Unicode.Scalar(value) else { return true }
            return scalar.isWordCharacter != expected.contains(value)
        }
        #expect(differing == [])
    }
}
