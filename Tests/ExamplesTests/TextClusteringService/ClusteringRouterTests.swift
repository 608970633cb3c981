import Hummingbird
import HummingbirdTesting
import MLServing
import Testing
import TextModels

@testable import TextClusteringService

@Suite(.timeLimit(.minutes(2))) struct ClusteringRouterTests {
    /// Texts of one letter, as directions of their own.
    private static let letters = ClosureEmbedder { texts in
        texts.map { text in (0..<26).map { text.utf8.first == 97 + $0 ? 1 : 0 } }
    }

    // MARK: Answers

    @Test func rootAnswersOK() async throws {
        try await Service.test(Self.letters) { client in
            let response = try await client.execute(uri: "/", method: .get)
            #expect(response.status == .ok)
            #expect(response.text == "OK")
            #expect(try await client.execute(uri: "/", method: .head).status == .ok)
        }
    }

    @Test func clustersAreNumberedAsTheirTextsCome() async throws {
        try await Service.test(Self.letters) { client in
            let response = try await client.predict(
                #"{"z": "bbb", "y": "aaa", "x": "bbb", "w": "aaa", "v": "ccc", "u": "aaa", "t": "bbb"}"#)
            #expect(response.status == .ok)
            #expect(response.headers[.contentType] == "application/json")
            #expect(response.text == #"{"-1":["v"],"0":["z","x","t"],"1":["y","w","u"]}"#)
        }
    }

    @Test func textsArePreprocessedBeforeTheyAreEmbedded() async throws {
        let embedder = ClosureEmbedder { texts in
            #expect(texts == ["red wine cheese", "", "door"])
            return texts.map { _ in [1] }
        }
        try await Service.test(embedder) { client in
            let response = try await client.predict(#"{"a": " The RED wine & cheese", "b": "It is at 5", "c": "door"}"#)
            #expect(response.text == #"{"0":["a","b","c"]}"#)
        }
    }

    @Test(arguments: [nil, "application/json; charset=utf-8", "Application/JSON", "application/problem+json", "text/json"])
    func contentTypeMayBeMissingOrAnyThatIsJSON(contentType: String?) async throws {
        try await Service.test(Self.letters) { client in
            let response = try await client.predict(#"{"a": "xxx"}"#, contentType: contentType)
            #expect(response.status == .ok)
        }
    }

    // MARK: Requests that are wrong

    @Test func missingBodyIs400() async throws {
        try await Service.test(Self.letters) { client in
            try expect(try await client.predict(""), isError: .badRequest, saying: "missing")
            let response = try await client.execute(uri: "/api/v1/predict", method: .post)
            try expect(response, isError: .badRequest, saying: "missing")
        }
    }

    @Test(arguments: ["not json", "{", #"{"a": "x",}"#, #"{"a": "\ud800"}"#])
    func bodyThatIsNoJSONIs400(body: String) async throws {
        try await Service.test(Self.letters) { client in
            try expect(try await client.predict(body), isError: .badRequest, saying: "not JSON")
        }
    }

    @Test(arguments: [
        ("[]", "a list"), ("{}", "empty"), (#"{"a": 1}"#, "a number"), (#"{"a": "x", "a": "y"}"#, "twice"),
        (#"{"a": {"b": "c"}}"#, "an object"),
    ])
    func otherShapeIs422(body: String, complaint: String) async throws {
        try await Service.test(Self.letters) { client in
            try expect(try await client.predict(body), isError: .unprocessableContent, saying: complaint)
        }
    }

    @Test func otherContentTypeIs415() async throws {
        try await Service.test(Self.letters) { client in
            let response = try await client.predict(#"{"a": "xxx"}"#, contentType: "text/plain")
            try expect(response, isError: .unsupportedMediaType, saying: "text/plain")
        }
    }

    @Test func bodyThatIsTooLargeIs413() async throws {
        var configuration = try Service.configuration()
        configuration.maximumBodySize = 100_000
        try await Service.test(Self.letters, configuration: configuration) { client in
            let text = String(repeating: "x", count: 100_000)
            try expect(try await client.predict(#"{"a": "\#(text)"}"#), isError: .contentTooLarge, saying: "100000 bytes")
            #expect(try await client.predict(#"{"a": "\#(text.dropLast(100))"}"#).status == .ok)
        }
    }

    @Test func moreTextsThanAllowedAre413() async throws {
        var configuration = try Service.configuration()
        configuration.maximumTexts = 2
        try await Service.test(Self.letters, configuration: configuration) { client in
            try expect(try await client.predict(#"{"a": "x", "b": "y", "c": "z"}"#), isError: .contentTooLarge, saying: "more than 2 texts")
        }
    }

    @Test(arguments: ["/nothing", "/api", "/api/v1", "/api/v1/predict/more"])
    func unknownPathIs404(path: String) async throws {
        try await Service.test(Self.letters) { client in
            try expect(try await client.execute(uri: path, method: .get), isError: .notFound, saying: path)
        }
    }

    @Test(arguments: [
        ("/api/v1/predict", HTTPRequest.Method.get, "POST"), ("/api/v1/predict?a=b", .put, "POST"), ("/api/v1/predict", .delete, "POST"),
        ("/", .post, "GET, HEAD"),
    ])
    func otherMethodIs405(path: String, method: HTTPRequest.Method, allowed: String) async throws {
        try await Service.test(Self.letters) { client in
            let response = try await client.execute(uri: path, method: method)
            try expect(response, isError: .methodNotAllowed, saying: method.rawValue)
            #expect(response.headers[.allow] == allowed)
        }
    }

    // MARK: What lies behind fails

    @Test(arguments: [
        (ServingError.Code.unavailable, HTTPResponse.Status.serviceUnavailable), (.closed, .serviceUnavailable),
        (.overloaded, .serviceUnavailable),
        (.unroutable, .serviceUnavailable), (.cancelled, .serviceUnavailable), (.expired, .gatewayTimeout),
        (.predictionFailed, .badGateway),
        (.invalidOutput, .badGateway), (.invalidInput, .badGateway), (ServingError.Code(rawValue: "of_a_predictor"), .badGateway),
    ])
    func failureOfTheModelHasItsStatus(code: ServingError.Code, status: HTTPResponse.Status) async throws {
        let embedder = ClosureEmbedder { _ in throw ServingError(code: code, message: "the reason") }
        try await Service.test(embedder) { client in
            let response = try await client.predict(#"{"a": "xxx"}"#)
            try expect(response, isError: status, saying: "the reason")
            #expect((response.headers[.retryAfter] != nil) == (status == .serviceUnavailable))
        }
    }

    @Test(arguments: [[[.nan]], [[.infinity]], [], [[1], [2]]] as [[[Float]]])
    func vectorsThatCannotBeClusteredAre502(vectors: [[Float]]) async throws {
        try await Service.test(ClosureEmbedder { _ in vectors }) { client in
            try expect(try await client.predict(#"{"a": "xxx"}"#), isError: .badGateway, saying: "vector")
        }
    }

    @Test func vectorsOfUnequalLengthAre502() async throws {
        try await Service.test(ClosureEmbedder { _ in [[1], [1, 2]] }) { client in
            try expect(try await client.predict(#"{"a": "xxx", "b": "yyy"}"#), isError: .badGateway, saying: "2 values")
        }
    }

    @Test func anyOtherErrorIs500() async throws {
        struct Surprise: Error {}
        try await Service.test(ClosureEmbedder { _ in throw Surprise() }) { client in
            try expect(try await client.predict(#"{"a": "xxx"}"#), isError: .internalServerError, saying: "Surprise")
        }
    }

    // MARK: Load

    @Test func requestBeyondTheLimitIs503UntilOneIsDone() async throws {
        var configuration = try Service.configuration()
        configuration.maximumConcurrentRequests = 1
        let gate = Gate()
        let embedder = ClosureEmbedder { texts in
            await gate.pass()
            return texts.map { _ in [1] }
        }
        try await Service.test(embedder, configuration: configuration) { client in
            async let first = client.predict(#"{"a": "xxx"}"#)
            await gate.arrival()
            let second = try await client.predict(#"{"a": "xxx"}"#)
            try expect(second, isError: .serviceUnavailable, saying: "1 requests")
            #expect(second.headers[.retryAfter] == "1")
            #expect(try await client.execute(uri: "/", method: .get).status == .ok)
            gate.open()
            #expect(try await first.status == .ok)
            #expect(try await client.predict(#"{"a": "xxx"}"#).status == .ok)
        }
    }

    @Test func deadlineThatPassesBeforeClusteringIs504() async throws {
        let embedder = ClosureEmbedder { texts in texts.map { _ in [1] } }
        try await Service.test(embedder, configuration: try Service.configuration(timeout: .zero)) { client in
            try expect(try await client.predict(#"{"a": "xxx"}"#), isError: .gatewayTimeout, saying: "in time")
        }
    }
}
