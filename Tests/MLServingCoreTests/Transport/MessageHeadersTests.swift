import MLServingCore
import Testing

@Suite("MessageHeaders")
struct MessageHeadersTests {
    @Test func keepsTheOrderOfItsNames() {
        var headers: MessageHeaders = ["b": .integer(1), "a": .integer(2)]
        headers["c"] = .null
        headers["b"] = .integer(3)
        #expect(headers.map(\.key) == ["b", "a", "c"])
        #expect(headers["b"] == .integer(3))
        #expect(headers["d"] == nil)
    }

    @Test func nothingIsLeftOfANameThatIsRemoved() {
        // As a broker may send them.
        var headers = MessageHeaders([("a", .integer(1)), ("b", .integer(2)), ("a", .integer(3))])
        #expect(headers["a"] == .integer(1))
        headers["a"] = nil
        #expect(headers == ["b": .integer(2)])
    }

    @Test func equalityIsThatOfNamesAndValues() {
        let headers: MessageHeaders = ["a": .integer(1), "b": .string("2")]
        #expect(headers == ["b": .string("2"), "a": .integer(1)])
        #expect(headers != ["a": .integer(1)])
        #expect(headers != ["a": .integer(1), "b": .string("3")])
        #expect(headers != ["a": .integer(1), "c": .string("2")])
        #expect(headers.filter { $0.key != "b" } == ["a": .integer(1)])
    }
}
