import Testing

@testable import MLServingHealth

@Suite("HTTPRequestReader")
struct HTTPRequestReaderTests {
    private func read(_ text: String) -> HTTPRequestReader.Progress {
        var reader = HTTPRequestReader()
        return reader.read(text.utf8)
    }

    @Test(arguments: [
        ("GET /live HTTP/1.1\r\nHost: x\r\nUser-Agent: kube-probe/1.30\r\n\r\n", "GET", "/live"),
        ("HEAD /metrics?name=a&b HTTP/1.0\r\n\r\n", "HEAD", "/metrics"),
        ("GET / HTTP/1.1\r\n\r\nwhat follows is not looked at\n\n", "GET", "/"),
        ("GET http://example.org/live?a HTTP/1.1\r\n\r\n", "GET", "/live"), ("GET HTTP://example.org HTTP/1.1\r\n\r\n", "GET", "/"),
        ("OPTIONS * HTTP/1.1\r\nHost: x\r\n\r\n", "OPTIONS", "*"),
        ("M-SEARCH /a%20b#c HTTP/1.1\r\n\r\n", "M-SEARCH", "/a%20b"),
    ])
    func requestIsRead(text: String, method: String, path: String) {
        #expect(read(text) == .request(HTTPRequest(method: method, path: path)))
    }

    @Test func requestMayComeByteByByte() {
        let text = "GET /ready HTTP/1.1\r\nAccept: */*\r\n\r\n"
        var reader = HTTPRequestReader()
        for byte in text.utf8.dropLast() { #expect(reader.read([byte]) == .incomplete) }
        #expect(reader.read([10]) == .request(HTTPRequest(method: "GET", path: "/ready")))
    }

    @Test(arguments: [
        "\r\n\r\n", "GET\r\n\r\n", "GET /\r\n\r\n", "GET / HTTP/1.1 x\r\n\r\n", "GET  / HTTP/1.1\r\n\r\n", " GET / HTTP/1.1\r\n\r\n",
        "GET example.org HTTP/1.1\r\n\r\n", "GET ftp://example.org/live HTTP/1.1\r\n\r\n", "GET http:// HTTP/1.1\r\n\r\n",
        "G(T / HTTP/1.1\r\n\r\n",
        "GET /\u{e9} HTTP/1.1\r\n\r\n", "GET /\u{0} HTTP/1.1\r\n\r\n", "GET / FTP/1.1\r\n\r\n", "GET / HTTP/1.1\n", "\n",
        "\u{16}\u{3}\u{1}\u{2}\u{0}\n",
    ])
    func whatIsNoRequestIsRefused(text: String) {
        #expect(read(text) == .refused(.badRequest))
    }

    @Test(arguments: ["HTTP/2.0", "HTTP/3", "HTTP/1.2", "HTTP/"])
    func otherVersionsAreRefused(version: String) {
        #expect(read("GET / \(version)\r\n\r\n") == .refused(.versionNotSupported))
    }

    @Test func headIsBounded() {
        let start = "GET / HTTP/1.1\r\nX: "
        let room = HTTPRequestReader.maximumHeadBytes - start.utf8.count - 4
        #expect(read(start + String(repeating: "x", count: room) + "\r\n\r\n") == .request(HTTPRequest(method: "GET", path: "/")))
        #expect(read(start + String(repeating: "x", count: room + 4)) == .refused(.headerTooLarge))
        #expect(read(String(repeating: "x\r\n", count: 10_000)) == .refused(.headerTooLarge))
    }

    @Test func anyBytesInAnyPiecesEndSomehow() {
        var generator = SeededGenerator(seed: 7)
        let words = ["GET", " ", "/", "live", "HTTP/1.1", "\r\n", "\r", "\n", ":", "\u{0}", "\u{ff}", "é", "?"]
        for _ in 0..<2_000 {
            let text = (0..<Int.random(in: 0...30, using: &generator)).compactMap { _ in words.randomElement(using: &generator) }.joined()
            var whole = HTTPRequestReader()
            let expected = whole.read(text.utf8)
            var pieces = HTTPRequestReader()
            var progress = HTTPRequestReader.Progress.incomplete
            for byte in text.utf8 where progress == .incomplete { progress = pieces.read([byte]) }
            #expect(progress == expected, "\(text)")
        }
    }
}
