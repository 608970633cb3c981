import MLServingCore
import Testing

@Suite("ContentType")
struct ContentTypeTests {
    @Test(arguments: [
        "application/json", "Application/JSON", "application/json; charset=utf-8", " application/json ;x", "application/json;",
    ])
    func caseSpaceAndParametersDoNotMatter(text: String) {
        #expect(ContentType(rawValue: text) == .json)
    }

    @Test func differentTypesDiffer() {
        #expect(ContentType(rawValue: "application/x-python-pickle") != .messagePack)
        #expect(ContentType(rawValue: "").rawValue == "")
        #expect("\(ContentType.messagePack)" == "application/msgpack")
    }
}
