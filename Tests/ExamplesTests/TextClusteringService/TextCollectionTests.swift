import Testing

@testable import TextClusteringService

@Suite struct TextCollectionTests {
    private static func collection(_ json: String, maximumCount: Int = .max) throws -> TextCollection {
        try TextCollection(json: Array(json.utf8), maximumCount: maximumCount)
    }

    @Test func textsKeepTheirOrder() throws {
        let collection = try Self.collection(#"{"10": "ten", "2": "two", "a": "", "": "empty"}"#)
        #expect(collection.ids == ["10", "2", "a", ""])
        #expect(collection.texts == ["ten", "two", "", "empty"])
    }

    @Test func idsThatDifferOnlyInNormalisationAreTwo() throws {
        let collection = try Self.collection(#"{"\u00e9": "composed", "e\u0301": "decomposed"}"#)
        #expect(collection.texts == ["composed", "decomposed"])
    }

    @Test(arguments: [
        (#"["a"]"#, "a list"), (#""a""#, "a text"), ("1", "a number"), ("true", "true or false"), ("null", "null"),
        (#"{"a": 1}"#, #""a" is a number"#), (#"{"a": "x", "b": ["y"]}"#, #""b" is a list"#), (#"{"a": null, "b": {}}"#, #""a" is null"#),
        (#"{"a": "x", "a": "y"}"#, #""a" occurs twice"#),
    ])
    func otherShapeIsNamed(json: String, complaint: String) throws {
        let error = try #require(throws: TextCollectionError.self) { try Self.collection(json) }
        #expect(error.code == .wrongShape)
        #expect(error.message.contains(complaint))
    }

    @Test(arguments: ["", " ", "x", #"{"a": "x""#, #"{"a": 1, "b": }"#, #"{"a": "x"} {}"#, "[1,", #"{"a": "x",}"#])
    func textThatIsNoJSONIsMalformed(json: String) throws {
        let error = try #require(throws: TextCollectionError.self) { try Self.collection(json) }
        #expect(error.code == .malformed)
    }

    @Test func moreTextsThanAllowedAreRefused() throws {
        #expect(try Self.collection(#"{"a": "x", "b": "y"}"#, maximumCount: 2).ids == ["a", "b"])
        let error = try #require(throws: TextCollectionError.self) { try Self.collection(#"{"a": "x", "b": "y"}"#, maximumCount: 1) }
        #expect(error.code == .tooMany)
    }
}
