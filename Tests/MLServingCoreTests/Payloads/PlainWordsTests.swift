import Testing

@testable import MLServingCore

/// What callers of any language read: no name of Swift's errors, or of its types.
@Suite("Errors in plain words")
struct PlainWordsTests {
    private struct Point: Codable {
        let x: Double
        let tags: [String]
    }

    private static let internalNames = [
        "DecodingError", "dataCorrupted", "typeMismatch", "Array<", "Dictionary<", "codingPath", "unexpectedByte", "Optional(",
    ]

    private static func words<Value: Decodable>(_ json: String, as type: Value.Type, codec: any PayloadCodec = JSONCodec()) -> String {
        do {
            _ = try codec.decode(Value.self, from: Array(json.utf8)[...])
            return "it was read"
        } catch {
            return error.plainWords
        }
    }

    @Test func wordsTellWhatAndWhere() {
        #expect(Self.words(#"{"x": "one", "tags": []}"#, as: Point.self).hasPrefix("expected a number at .x ("))
        #expect(Self.words(#"{"x": 1, "tags": ["a", 2]}"#, as: Point.self).hasPrefix("expected a text at .tags[1] ("))
        #expect(Self.words(#"{"x": 1, "tags": {}}"#, as: Point.self).hasPrefix("expected a list at .tags ("))
        #expect(Self.words(#"{"tags": []}"#, as: Point.self).hasPrefix("no member \"x\""))
        #expect(Self.words("[1,]", as: [Int].self).contains("line 1, column 4"))
    }

    @Test(arguments: ["{", "[1,]", "7", "\"x\"", "null", "[null]", "[[1]]", "{\"x\": null}", "1e999"])
    func namesOfSwiftStayInside(json: String) {
        let all = [
            Self.words(json, as: [Float].self), Self.words(json, as: [String: Int].self), Self.words(json, as: Point.self),
            Self.words(json, as: Bool.self), Self.words(json, as: [Float].self, codec: MessagePackCodec()),
        ]
        for words in all {
            for name in Self.internalNames {
                #expect(!words.contains(name), "\(words)")
            }
        }
    }

    @Test func errorsOfOthersSayTheirWord() {
        #expect(ServingError(code: .tooLarge, message: "too much").plainWords == "too much")
        #expect((TransportError(code: .closed, message: "gone") as any Error).plainWords.contains("gone"))
    }
}
