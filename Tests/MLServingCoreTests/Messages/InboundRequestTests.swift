import Testing

@testable import MLServingCore

@Suite("InboundRequest")
struct InboundRequestTests {
    private func request(_ body: [UInt8], type: String? = nil, headers: MessageHeaders = [:]) throws(ServingError) -> InboundRequest {
        let message = Message(body: body, contentType: type, messageID: "m", headers: headers)
        return try InboundRequest(message, encoding: RequestEncoding(message, codecs: .standard))
    }

    @Test func bodyWithoutItemsIsOneInput() throws {
        let request = try request([0x92, 1, 2])
        #expect(request.inputs == [[0x92, 1, 2]])
        #expect(request.id == "m")
    }

    @Test(arguments: [HeaderValue.integer(2), .string("2")])
    func bodyWithItemsIsAList(items: HeaderValue) throws {
        #expect(try request([0x92, 1, 2], headers: [MessageHeader.items: items]).inputs == [[1], [2]])
        let json = try request([UInt8](#"[ {"a":1} ,2]"#.utf8), type: "application/json", headers: [MessageHeader.items: items])
        #expect(json.inputs == [[UInt8](#"{"a":1}"#.utf8)[...], [UInt8]("2".utf8)[...]])
    }

    @Test func listMayBeEmpty() throws {
        #expect(try request([0x90], headers: [MessageHeader.items: .integer(0)]).inputs.isEmpty)
    }

    @Test(arguments: [
        HeaderValue.integer(1), .integer(3), .integer(-2), .integer(.max), .string("two"), .string(""), .double(2), .bool(true), .null,
        .array([.integer(2)]), .table([:]), .bytes([2]),
    ])
    func itemsThatContradictTheBodyAreMalformed(items: HeaderValue) {
        let error = #expect(throws: ServingError.self) { try request([0x92, 1, 2], headers: [MessageHeader.items: items]) }
        #expect(error?.code == .malformedRequest)
        #expect(error?.message.contains("x-items") == true)
    }

    @Test(arguments: [[], [0x92, 1], [0x92, 1, 2, 3], [7], [0xDD, 0xFF, 0xFF, 0xFF, 0xFF], [0x81, 1, 2]] as [[UInt8]])
    func bodyThatIsNoListIsMalformed(body: [UInt8]) {
        let error = #expect(throws: ServingError.self) { try request(body, headers: [MessageHeader.items: .integer(2)]) }
        #expect(error?.code == .malformedRequest)
    }

    @Test func unknownContentTypeIsRefused() {
        let error = #expect(throws: ServingError.self) { try request([1], type: "application/xml") }
        #expect(error?.code == .unsupportedContentType)
    }

    @Test func idIsTheFirstOfItsNames() {
        let template: MessageHeaders = [MessageHeader.templateMessageID: .string("t")]
        #expect(InboundRequest.id(of: Message(body: [], messageID: "m", correlationID: "c", headers: template)) == "m")
        #expect(InboundRequest.id(of: Message(body: [], correlationID: "c", headers: template)) == "c")
        #expect(InboundRequest.id(of: Message(body: [], headers: template)) == "t")
        #expect(InboundRequest.id(of: Message(body: [])) == "unnamed")
    }
}

@Suite("ResultDestination")
struct ResultDestinationTests {
    private let headers: MessageHeaders = [MessageHeader.resultKey: .string("k"), MessageHeader.templateMessageID: .string("t")]

    @Test func replyAddressComesFirst() {
        let message = Message(body: [], messageID: "m", correlationID: "c", replyTo: "q", headers: headers)
        #expect(ResultDestination(namedBy: message) == .reply(queue: "q", correlationID: "c"))
    }

    @Test func replyIsNamedByTheMessageIfNeedBe() {
        #expect(ResultDestination(namedBy: Message(body: [], messageID: "m", replyTo: "q")) == .reply(queue: "q", correlationID: "m"))
        #expect(ResultDestination(namedBy: Message(body: [], replyTo: "q")) == .reply(queue: "q", correlationID: nil))
    }

    @Test func keyIsTheFirstOfItsNames() {
        #expect(ResultDestination(namedBy: Message(body: [], correlationID: "c", headers: headers)) == .store(key: "k"))
        let template: MessageHeaders = [MessageHeader.templateMessageID: .string("t")]
        #expect(ResultDestination(namedBy: Message(body: [], correlationID: "c", headers: template)) == .store(key: "t"))
        #expect(ResultDestination(namedBy: Message(body: [], correlationID: "c")) == .store(key: "c"))
    }

    @Test(arguments: [
        Message(body: []), Message(body: [], messageID: "m"), Message(body: [], replyTo: ""), Message(body: [], correlationID: ""),
        Message(body: [], headers: [MessageHeader.resultKey: .integer(7)]),
        Message(body: [], headers: [MessageHeader.resultKey: .string("")]),
    ])
    func nobodyWaitsForARequestWithoutAddress(message: Message) {
        #expect(ResultDestination(namedBy: message) == nil)
    }
}
