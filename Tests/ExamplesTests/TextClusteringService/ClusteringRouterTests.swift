import Hummingbird
import HummingbirdTesting
import MLServing
import Testing
import TextModels

@testable import TextClusteringService

@Suite(.timeLimit(.minutes(5))) struct ClusteringRouterTests {
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

    @Test(arguments: [nil, "*/*", "application/json", "text/plain"])
    func rootAnswersOKToPlainClients(accept: String?) async throws {
        try await Service.test(Self.letters) { client in
            var headers = HTTPFields()
            headers[.accept] = accept
            let response = try await client.execute(uri: "/", method: .get, headers: headers)
            #expect(response.text == "OK")
            #expect(response.headers[.vary] == "Accept")
        }
    }

    @Test func browserGetsAPageWithWhatItRefersTo() async throws {
        try await Service.test(Self.letters) { client in
            let page = try await client.execute(
                uri: "/", method: .get, headers: [.accept: "text/html,application/xhtml+xml,*/*;q=0.8"])
            #expect(page.status == .ok)
            #expect(page.headers[.contentType] == "text/html; charset=utf-8")
            #expect(page.headers[.vary] == "Accept")
            #expect(page.headers[.contentSecurityPolicy]?.contains("default-src 'none'") == true)
            for (name, type) in [("page.css", "text/css"), ("page.js", "text/javascript")] {
                #expect(page.text.contains("\"\(name)\""))
                let response = try await client.execute(uri: "/\(name)", method: .get)
                #expect(response.status == .ok)
                #expect(response.headers[.contentType]?.hasPrefix(type) == true)
            }
        }
    }

    @Test func detailsAreGivenOnRequest() async throws {
        try await Service.test(Self.letters) { client in
            let texts = #"{"a": "bbb", "b": "bbb", "c": "bbb", "d": "ccc"}"#
            let response = try await client.predict(texts, query: "?details=true")
            #expect(
                response.text
                    == #"{"clusters":[{"label":0,"representative":"a","terms":["bbb"],"texts":["#
                    + #"{"id":"a","distance":0.0},{"id":"b","distance":0.0},{"id":"c","distance":0.0}]}],"unclustered":[{"id":"d"}]}"#)
            #expect(try await client.predict(texts, query: "?details=false").text == #"{"-1":["d"],"0":["a","b","c"]}"#)
            #expect(try await client.predict(texts, query: "?positions=true").text.contains(#""position":["#))
        }
    }

    @Test func requestMayChooseThresholdAndSize() async throws {
        try await Service.test(Self.letters) { client async throws in
            let texts = #"{"a": "bbb", "b": "bbb", "c": "ccc"}"#
            #expect(try await client.predict(texts).text == #"{"-1":["a","b","c"]}"#)
            #expect(try await client.predict(texts, query: "?minimum_size=2").text == #"{"-1":["c"],"0":["a","b"]}"#)
            #expect(try await client.predict(texts, query: "?threshold=1.5").text == #"{"0":["a","b","c"]}"#)
        }
    }

    @Test(arguments: [
        "threshold=3", "threshold=a", "threshold=nan", "minimum_size=0", "minimum_size=1.5", "details=maybe", "positions=2",
        "threshold=1e400", "threshold=-inf", "threshold=0x1p0", "minimum_size=%2B5", "minimum_size=99999999999999999999", "treshold=1",
        "details=true&details=true",
    ])
    func wrongParameterIs422(query: String) async throws {
        try await Service.test(Self.letters) { client in
            let name = String(query.prefix { $0 != "=" })
            try expect(try await client.predict(#"{"a": "x"}"#, query: "?\(query)"), isError: .unprocessableContent, saying: name)
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

    @Test(arguments: ["gzip", "br", "x-unknown", "identity, gzip"])
    func compressedBodyIs415(encoding: String) async throws {
        try await Service.test(Self.letters) { client in
            let response = try await client.execute(
                uri: "/api/v1/predict", method: .post, headers: [.contentEncoding: encoding], body: ByteBuffer(string: #"{"a": "x"}"#))
            try expect(response, isError: .unsupportedMediaType, saying: "without compression")
            #expect(response.headers[.acceptEncoding] == "identity")
        }
    }

    @Test(arguments: ["application/json; charset=utf-16", "application/json;charset=\"latin1\""])
    func bodyInAnotherCharacterSetIs415(contentType: String) async throws {
        try await Service.test(Self.letters) { client in
            let response = try await client.predict(#"{"a": "x"}"#, contentType: contentType)
            try expect(response, isError: .unsupportedMediaType, saying: "UTF-8")
            #expect(response.headers[.accept] == "application/json")
        }
    }

    @Test(arguments: ["threshold=%zz", "threshold=%f", "threshold=%ff", "%c0=1"])
    func malformedQueryIs400(query: String) async throws {
        try await Service.test(Self.letters) { client in
            try expect(try await client.predict(#"{"a": "x"}"#, query: "?\(query)"), isError: .badRequest, saying: "in the query")
        }
    }

    @Test(arguments: ["/", "/api/v1/predict", "*"])
    func optionsTellTheMethods(path: String) async throws {
        try await Service.test(Self.letters) { client in
            let response = try await client.execute(uri: path, method: .options)
            #expect(response.status == .noContent)
            #expect(response.headers[.allow]?.hasSuffix("OPTIONS") == true)
        }
    }

    @Test func bodyThatIsTooLargeIs413() async throws {
        var configuration = try Service.configuration()
        configuration.maximumBodySize = 100_000
        configuration.maximumTextSize = 100_000
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

    @Test func textOfTenMegabytesIs413() async throws {
        try await Service.test(Self.letters) { client in
            let text = String(repeating: "x", count: 10_000_000)
            try expect(try await client.predict(#"{"a": "\#(text)"}"#), isError: .contentTooLarge, saying: "1048576 bytes")
        }
    }

    @Test func hundredThousandTextsAre413WhateverTheirBytes() async throws {
        var configuration = try Service.configuration()
        configuration.maximumBodySize = 10_000_000
        try await Service.test(Self.letters, configuration: configuration) { client in
            let texts = (0..<100_000).map { "\"\($0)\": \"door\"" }.joined(separator: ",")
            try expect(try await client.predict("{\(texts)}"), isError: .contentTooLarge, saying: "more than 5000 texts")
        }
    }

    @Test func textThatIsTooLongIs422WithItsId() async throws {
        var configuration = try Service.configuration()
        configuration.maximumTextSize = 4
        try await Service.test(Self.letters, configuration: configuration) { client in
            #expect(try await client.predict(#"{"a": "four"}"#).status == .ok)
            // Four characters, five bytes.
            let response = try await client.predict(#"{"a": "four", "b": "f\u00fcnf"}"#)
            try expect(response, isError: .unprocessableContent, saying: #""b" has 5 bytes"#)
        }
    }

    @Test(arguments: ["/nothing", "/api", "/api/v1", "/api/v1/predict/more"])
    func unknownPathIs404(path: String) async throws {
        try await Service.test(Self.letters) { client in
            try expect(try await client.execute(uri: path, method: .get), isError: .notFound, saying: path)
        }
    }

    @Test(arguments: [
        ("/api/v1/predict", HTTPRequest.Method.get, "POST, OPTIONS"), ("/api/v1/predict?a=b", .put, "POST, OPTIONS"),
        ("/api/v1/predict/", .delete, "POST, OPTIONS"), ("/", .post, "GET, HEAD, OPTIONS"),
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
        (.invalidOutput, .badGateway), (.invalidInput, .badGateway), (.tooLarge, .badGateway), (.refused, .badGateway),
        (.crashed, .badGateway), (.resultRefused, .badGateway), (ServingError.Code(rawValue: "of_a_predictor"), .badGateway),
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

    @Test func anyOtherErrorIs500AndTellsNothingOfTheInside() async throws {
        struct Surprise: Error {}
        try await Service.test(ClosureEmbedder { _ in throw Surprise() }) { client in
            let response = try await client.predict(#"{"a": "xxx"}"#)
            try expect(response, isError: .internalServerError, saying: "unexpectedly")
            #expect(!response.text.contains("Surprise"))
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

    @Test func largeRequestsAreTurnedAwayWhileSmallOnesAreAnswered() async throws {
        var configuration = try Service.configuration()
        configuration.largeRequestTexts = 2
        configuration.maximumConcurrentLargeRequests = 1
        let gate = Gate()
        let embedder = ClosureEmbedder { texts in
            if texts.count > 1 { await gate.pass() }
            return texts.map { _ in [1] }
        }
        try await Service.test(embedder, configuration: configuration) { client in
            let large = #"{"a": "xxx", "b": "xxx"}"#
            async let first = client.predict(large)
            await gate.arrival()
            let second = try await client.predict(large)
            try expect(second, isError: .serviceUnavailable, saying: "1 large requests")
            #expect(second.headers[.retryAfter] == "1")
            #expect(try await client.predict(#"{"a": "xxx"}"#).status == .ok)
            gate.open()
            #expect(try await first.status == .ok)
            #expect(try await client.predict(large).status == .ok)
        }
    }

    @Test func deadlineThatPassesBeforeClusteringIs504() async throws {
        let embedder = ClosureEmbedder { texts in texts.map { _ in [1] } }
        try await Service.test(embedder, configuration: try Service.configuration(timeout: .zero)) { client in
            try expect(try await client.predict(#"{"a": "xxx"}"#), isError: .gatewayTimeout, saying: "in time")
        }
    }
}
