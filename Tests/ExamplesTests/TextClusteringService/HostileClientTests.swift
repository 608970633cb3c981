import Hummingbird
import MLServing
import NIOHTTP1
import Testing

@testable import TextClusteringService

/// The service on a port, and clients that know no HTTP, or mean no good.
@Suite(.timeLimit(.minutes(5)), .serialized) struct HostileClientTests {
    private static let equal = ClosureEmbedder { texts in texts.map { _ in [1] } }
    private static let host = "Host: x\r\n"
    private static let post = "POST /api/v1/predict HTTP/1.1\r\n\(host)"
    private static let body = "Content-Length: 12\r\n\r\n{\"a\":\"door\"}"

    private static func status(_ text: String) -> Int? {
        text.hasPrefix("HTTP/1.") ? Int(text.dropFirst(9).prefix(3)) : nil
    }

    private static func isClosing(_ response: String) -> Bool {
        response.contains("\r\nConnection: close\r\n")
    }

    @Test(arguments: [
        ("rubbish\r\n\r\n", 400), ("\u{16}\u{3}\u{1}\u{2}\u{0}\r\n\r\n", 400), ("FOO / HTTP/1.1\r\n\(host)\r\n", 400),
        ("GET / HTTP/1.1\r\n\r\n", 400), ("GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n", 400),
        ("GET / HTTP/1.1\r\n\(host)X : a\r\n\r\n", 400),
        ("GET / HTTP/1.1\r\n\(host)X: a\u{0}b\r\n\r\n", 400), ("GET /\u{e9} HTTP/1.1\r\n\(host)\r\n", 400),
        ("\(post)Content-Length: abc\r\n\r\n", 400), ("\(post)Content-Length: -1\r\n\r\n", 400),
        ("\(post)Content-Length: 99999999999999999999999\r\n\r\n", 400),
        ("\(post)Content-Length: 12\r\nContent-Length: 13\r\n\r\n", 400),
        ("\(post)Content-Length: 12\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", 400),
        ("POST /api/v1/predict HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", 400),
        ("\(post)Transfer-Encoding: chunked\r\n\r\nzz\r\n", 400), ("\(post)Transfer-Encoding: chunked\r\n\r\nfffffffffffffffff\r\n", 400),
        ("\(post)Transfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n", 501), ("CONNECT x:1 HTTP/1.1\r\n\(host)\r\n", 405),
        ("GET / HTTP/1.2\r\n\(host)\r\n", 505), ("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", 505),
        ("GET / HTTP/1.1\r\n\(host)X: \(String(repeating: "x", count: 20_000))\r\n\r\n", 431),
        ("GET / HTTP/1.1\r\n\(host)\(String(repeating: "X: x\r\n", count: 500))\r\n", 431),
        ("GET /\(String(repeating: "x", count: 9_000)) HTTP/1.1\r\n\(host)\r\n", 414),
        ("\(post)Expect: 200-ok\r\n\(body)", 417), ("\(post)Content-Length: 3000000\r\n\r\n", 413),
        ("GET / FTP/1.1\r\n\(host)\r\n", 400), ("GET / HTTP/1.1\r\n\(host)X: a\rb\r\n\r\n", 400),
        ("\(post)Transfer-Encoding: chunked, gzip\r\n\r\n0\r\n\r\n", 400),
        ("\(post)Transfer-Encoding: chunked\r\n\r\n1\r\naXX\r\n", 400),
    ])
    func whatIsNoRequestIsRefusedAndTheConnectionCloses(text: String, expected: Int) async throws {
        try await Service.serve(Self.equal) { port in
            let client = try await RawClient(port: port)
            try await client.send(text)
            let response = try await client.receiveAll()
            #expect(Self.status(response) == expected, "\(response)")
            #expect(Self.isClosing(response))
            #expect(response.contains("\r\n\r\n{\"Error\":\""))
            // The parser's own words are for who reads its source.
            #expect(!response.contains("parser") && !response.contains("not HTTP"), "\(response)")
        }
    }

    @Test(
        arguments: [
            .invalidCharactersUsed, .trailingGarbage, .invalidEOFState, .headerOverflow, .closedConnection, .invalidVersion, .invalidStatus,
            .invalidMethod, .invalidURL, .lfExpected, .invalidHeaderToken, .invalidContentLength, .unexpectedContentLength,
            .invalidChunkSize,
            .invalidConstant, .invalidInternalState, .strictModeAssertion, .paused, .unknown,
        ] as [HTTPParserError])
    func errorOfTheParserIsToldInPlainWords(_ error: HTTPParserError) {
        let failure = HTTPFailure(error)
        #expect(!failure.message.contains("\(error)") && !failure.message.contains(error.debugDescription), "\(failure.message)")
    }

    @Test(arguments: [
        ("GET http://example.org/ HTTP/1.1\r\n\(host)", 200), ("\r\nGET / HTTP/1.1\r\n\(host)", 200), ("HEAD / HTTP/1.1\r\n\(host)", 200),
        ("GET /nothing HTTP/1.1\r\n\(host)", 404), ("TRACE / HTTP/1.1\r\n\(host)", 405), ("OPTIONS * HTTP/1.1\r\n\(host)", 204),
        ("POST /api/v1/predict?threshold=%zz HTTP/1.1\r\n\(host)", 400),
    ])
    func requestIsAnsweredAndTheConnectionClosesAtTheClientsWish(text: String, expected: Int) async throws {
        try await Service.serve(Self.equal) { port in
            let client = try await RawClient(port: port)
            try await client.send("\(text)connection: Close\r\n\r\n")
            let response = try await client.receiveAll()
            #expect(Self.status(response) == expected)
            #expect(Self.isClosing(response))
        }
    }

    @Test func connectionOfHTTP10ClosesUnlessItIsToStay() async throws {
        try await Service.serve(Self.equal) { port in
            let client = try await RawClient(port: port)
            try await client.send("GET / HTTP/1.0\r\n\r\n")
            #expect(try await client.receiveAll().hasSuffix("\r\n\r\nOK"))
            let patient = try await RawClient(port: port)
            try await patient.send("GET / HTTP/1.0\r\nConnection: keep-alive\r\n\r\n")
            #expect(try await patient.receive(until: "\r\n\r\nOK").contains("\r\nConnection: keep-alive\r\n"))
            try await patient.send("GET / HTTP/1.0\r\n\r\n")
            #expect(try await patient.receiveAll().hasSuffix("\r\n\r\nOK"))
        }
    }

    @Test func streamForHTTP10EndsWithTheConnection() async throws {
        try await Service.serve(Self.equal) { port in
            let client = try await RawClient(port: port)
            try await client.send("POST /api/v1/predict HTTP/1.0\r\nAccept: application/x-ndjson\r\n\(Self.body)")
            let response = try await client.receiveAll()
            #expect(!response.contains("chunked"))
            #expect(response.hasSuffix("\n{\"result\":{\"-1\":[\"a\"]}}\n"))
        }
    }

    @Test func requestsInOnePieceAreAnsweredInTheirOrder() async throws {
        try await Service.serve(Self.equal) { port in
            let client = try await RawClient(port: port)
            try await client.send(
                "GET / HTTP/1.1\r\n\(Self.host)\r\n\(Self.post)\(Self.body)GET /nothing HTTP/1.1\r\n\(Self.host)\r\nrubbish\r\n\r\n")
            let response = try await client.receiveAll()
            let statuses = response.split(separator: "HTTP/1.1 ").map { $0.prefix(3) }
            #expect(statuses == ["200", "200", "404", "400"])
        }
    }

    @Test func chunksWithExtensionsAndTrailersAreRead() async throws {
        try await Service.serve(Self.equal) { port in
            let client = try await RawClient(port: port)
            try await client.send(
                "\(Self.post)Transfer-Encoding: chunked\r\nConnection: close\r\n\r\n6\r\n{\"a\":\"\r\n6;x=y\r\ndoor\"}\r\n0\r\nX-Sum: 1\r\n\r\n"
            )
            #expect(try await client.receiveAll().hasSuffix("{\"-1\":[\"a\"]}"))
        }
    }

    @Test func clientThatWaitsForLeaveGetsItOrTheRefusal() async throws {
        try await Service.serve(Self.equal) { port in
            let client = try await RawClient(port: port)
            try await client.send("\(Self.post)Content-Length: 12\r\nExpect: 100-continue\r\nConnection: close\r\n\r\n")
            #expect(try await client.receive(until: "\r\n\r\n") == "HTTP/1.1 100 Continue\r\n\r\n")
            try await client.send("{\"a\":\"door\"}")
            #expect(try await client.receiveAll().hasSuffix("{\"-1\":[\"a\"]}"))
            for (field, expected) in [("Content-Type: text/plain\r\n", 415), ("Content-Encoding: gzip\r\n", 415)] {
                let refused = try await RawClient(port: port)
                try await refused.send("\(Self.post)\(field)Content-Length: 12\r\nExpect: 100-continue\r\n\r\n")
                #expect(Self.status(try await refused.receiveAll()) == expected)
            }
        }
    }

    @Test func bodyThatEndsEarlyIsNotTakenForAWhole() async throws {
        try await Service.serve(Self.equal) { port in
            let client = try await RawClient(port: port)
            try await client.send("\(Self.post)Content-Length: 100\r\n\r\n{\"a\":\"door\"}")
            client.finish()
            #expect(Self.status(try await client.receiveAll()) == 400)
        }
    }

    @Test func answerSurvivesABodyThatNobodyReads() async throws {
        try await Service.serve(Self.equal) { port in
            let client = try await RawClient(port: port)
            try await client.send("\(Self.post)Content-Length: 3000000\r\n\r\n" + String(repeating: "x", count: 3_000_000))
            #expect(Self.status(try await client.receiveAll()) == 413)
        }
    }

    @Test func clientThatClosesItsEndIsAnswered() async throws {
        try await Service.serve(Self.equal) { port in
            let client = try await RawClient(port: port)
            try await client.send("\(Self.post)\(Self.body)")
            client.finish()
            #expect(try await client.receiveAll().hasSuffix("{\"-1\":[\"a\"]}"))
        }
    }

    // MARK: Crowds

    @Test(arguments: [false, true])
    func crowdOfSlowBodiesKeepsNobodyFromAnAnswer(comesFromManyAddresses: Bool) async throws {
        var configuration = try Service.configuration()
        configuration.maximumConcurrentRequests = 4
        let limits = ConnectionLimits(maximumConnections: 40, maximumConnectionsPerClient: 20)
        try await Service.serve(Self.equal, limits: limits, configuration: configuration) { port in
            var crowd: [RawClient] = []
            for number in 0..<100 {
                let client = try await RawClient(port: port, from: comesFromManyAddresses ? "127.0.1.\(number + 1)" : "127.0.0.1")
                try await client.send("\(Self.post)Content-Length: 1000\r\n\r\n{")
                crowd.append(client)
            }
            let probe = try await RawClient(port: port)
            try await probe.send("GET / HTTP/1.1\r\n\(Self.host)Connection: close\r\n\r\n")
            #expect(try await probe.receiveAll().hasSuffix("\r\n\r\nOK"))
            // Bodies give their places up once they have been coming for a while; the caller is told when to come again.
            var response = ""
            repeat {
                let client = try await RawClient(port: port)
                try await client.send("\(Self.post)Connection: close\r\n\(Self.body)")
                response = try await client.receiveAll()
                #expect([200, 503].contains(Self.status(response)))
                // Others, whose bodies are to be given up, need the processor, too.
                await Task.yield()
            } while Self.status(response) == 503
            #expect(response.hasSuffix("{\"-1\":[\"a\"]}"))
            withExtendedLifetime(crowd) {}
        }
    }

    @Test func serviceWhoseConnectionsAreAllAnsweredStillSaysThatItIsUp() async throws {
        let gate = Gate()
        let embedder = ClosureEmbedder { texts in
            await gate.pass()
            return texts.map { _ in [1] }
        }
        let limits = ConnectionLimits(maximumConnections: 1, maximumConnectionsPerClient: 1)
        try await Service.serve(embedder, limits: limits) { port in
            defer { gate.open() }
            let first = try await RawClient(port: port)
            try await first.send("\(Self.post)Connection: close\r\n\(Self.body)")
            await gate.arrival()
            let probe = try await RawClient(port: port)
            try await probe.send("GET / HTTP/1.1\r\n\(Self.host)\r\n")
            #expect(try await probe.receiveAll().hasSuffix("\r\n\r\nOK"))
            let second = try await RawClient(port: port)
            try await second.send("\(Self.post)\(Self.body)")
            #expect(Self.status(try await second.receiveAll()) == 503)
            gate.open()
            #expect(try await first.receiveAll().hasSuffix("{\"-1\":[\"a\"]}"))
        }
    }

    @Test func workEndsWhenItsClientHasGone() async throws {
        let (started, ended) = (Gate(), Gate())
        let embedder = ClosureEmbedder { texts in
            await withTaskCancellationHandler {
                started.open()
                // Ends by cancellation only.
                await ended.pass()
            } onCancel: {
                ended.open()
            }
            return texts.map { _ in [1] }
        }
        try await Service.serve(embedder, limits: ConnectionLimits(abandonmentGrace: .milliseconds(10))) { port in
            defer { ended.open() }
            var client: RawClient? = try await RawClient(port: port)
            try await client?.send("\(Self.post)\(Self.body)")
            await started.pass()
            client = nil
            await ended.pass()
        }
    }
}
