import MLServingCore
import Testing

@Suite("PayloadCodecs")
struct PayloadCodecsTests {
    @Test(arguments: [(nil, ContentType.messagePack), ("application/json; charset=utf-8", .json), ("APPLICATION/MSGPACK", .messagePack)])
    func findsTheCodec(contentType: String?, expected: ContentType) throws {
        #expect(try PayloadCodecs.standard.codec(for: contentType).contentType == expected)
    }

    @Test(arguments: ["application/x-python-pickle", "", "text/plain"])
    func namesWhatItKnowsWhenItDoesNotKnow(contentType: String) throws {
        let error = #expect(throws: ServingError.self) { try PayloadCodecs.standard.codec(for: contentType) }
        #expect(error?.code == .unsupportedContentType)
        #expect(error?.message.contains("application/json, application/msgpack") == true)
    }

    @Test func setKnowsOnlyWhatItWasGiven() {
        #expect(throws: ServingError.self) { try PayloadCodecs([JSONCodec()]).codec(for: nil) }
    }
}
