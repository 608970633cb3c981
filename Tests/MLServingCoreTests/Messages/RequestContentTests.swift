import Testing

@testable import MLServingCore

@Suite("RequestContent")
struct RequestContentTests {
    @Test func optionsArriveAsTheyWereSaid() throws {
        let options = RequestOptions(
            resultTimeToLive: .seconds(90), parameters: ["flag": true, "count": 3, "scale": 0.5, "mode": "fast"],
            metadata: ["tenant": "blue"])
        var headers: MessageHeaders = ["x-items": .integer(2)]
        try options.write(into: &headers)
        let content = try RequestContent(headers)
        #expect(content.resultTimeToLive == .seconds(90))
        #expect(content.parameters == options.parameters)
        #expect(content.metadata == options.metadata)
    }

    @Test func nothingSaidAddsNothing() throws {
        var headers: MessageHeaders = [:]
        try RequestOptions(timeout: .seconds(1)).write(into: &headers)
        #expect(headers.isEmpty)
        #expect(try RequestContent(headers) == RequestContent())
    }

    @Test func tooMuchIsRefusedBeforeItIsSent() throws {
        var headers: MessageHeaders = [:]
        let size = RequestOptions.maximumContentBytes
        try RequestOptions(metadata: ["m": String(repeating: "x", count: size - 1)]).write(into: &headers)
        let error = #expect(throws: ServingError.self) {
            try RequestOptions(metadata: ["m": String(repeating: "x", count: size)]).write(into: &headers)
        }
        #expect(error?.code == .tooLarge)
    }

    @Test(arguments: [
        RequestOptions(parameters: ["scale": .double(.infinity)]), RequestOptions(parameters: ["scale": .double(.nan)]),
        RequestOptions(metadata: [String(repeating: "n", count: 256): "x"]), RequestOptions(metadata: ["a\0b": "x"]),
    ])
    func whatNoHeaderCanCarryIsRefused(options: RequestOptions) {
        var headers: MessageHeaders = [:]
        let error = #expect(throws: ServingError.self) { try options.write(into: &headers) }
        #expect(error?.code == .malformedRequest)
    }

    /// Anybody may have written the headers.
    @Test(
        arguments: [
            ("x-result-ttl", .string("soon")), ("x-result-ttl", .integer(0)), ("x-result-ttl", .integer(-5)), ("x-result-ttl", .table([:])),
            ("x-parameters", .string("{}")), ("x-parameters", .array([])), ("x-parameters", .table(["a": .null])),
            ("x-parameters", .table(["a": .table([:])])), ("x-parameters", .table(["a": .bytes([0xFF])])), ("x-metadata", .integer(1)),
            ("x-metadata", .table(["a": .integer(1)])), ("x-metadata", .null),
        ] as [(String, HeaderValue)])
    func headersOfAnotherFormAreNamed(name: String, value: HeaderValue) {
        let error = #expect(throws: ServingError.self) { try RequestContent([name: value]) }
        #expect(error?.code == .malformedRequest)
        #expect(error?.message.contains(name) == true)
    }

    @Test func timesBeyondAllMeasureAreBounded() throws {
        #expect(try RequestContent(["x-result-ttl": .integer(.max)]).resultTimeToLive == .seconds(31_536_000))
    }

    @Test func consumerHasTheLastWord() {
        var configuration = ConsumerConfiguration(resultTimeToLive: .seconds(60))
        configuration.maximumResultTimeToLive = .seconds(100)
        #expect(configuration.resultTimeToLive(nil) == .seconds(60))
        #expect(configuration.resultTimeToLive(.seconds(10)) == .seconds(10))
        #expect(configuration.resultTimeToLive(.seconds(1_000)) == .seconds(100))
        configuration.maximumResultTimeToLive = .seconds(1)
        #expect(configuration.resultTimeToLive(.seconds(1_000)) == .seconds(60))
    }
}
