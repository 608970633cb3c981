internal import Hummingbird
internal import NIOHTTP1

extension HTTPRequestHead {
    /// The most bytes of a request's target.
    private static let maximumTargetSize = 8_192

    /// Whether a body follows.
    var hasBody: Bool {
        headers.contains(name: "Transfer-Encoding") || headers["Content-Length"].contains { $0 != "0" }
    }

    /// Whether the client waits for leave to send the body (RFC 9110, 10.1.1). HTTP/1.0 does not know of it.
    var expectsContinue: Bool {
        version.minor > 0 && hasBody && expectations.contains("100-continue")
    }

    private var expectations: [String] { headers[canonicalForm: "Expect"].map { $0.lowercased() } }

    /// Why the request cannot be answered as it is framed, whatever it asks for; `nil` where it can.
    ///
    /// The parser has refused most of what is wrong. This is what it lets pass, and what other servers on the way may read differently.
    var refusal: HTTPFailure? {
        guard version.major == 1, version.minor <= 1 else {
            return HTTPFailure(.httpVersionNotSupported, "the version is \(version); HTTP/1.1 and HTTP/1.0 are known")
        }
        let hosts = headers["Host"]
        guard hosts.count == 1 || (hosts.isEmpty && version.minor == 0) else {
            return HTTPFailure(.badRequest, "\(hosts.count) Host fields; one is wanted")
        }
        let (codings, lengths) = (headers[canonicalForm: "Transfer-Encoding"], headers["Content-Length"])
        if !codings.isEmpty {
            guard version.minor > 0 else { return HTTPFailure(.badRequest, "HTTP/1.0 knows no Transfer-Encoding") }
            guard lengths.isEmpty else { return HTTPFailure(.badRequest, "both Transfer-Encoding and Content-Length") }
            guard codings.count == 1, codings[0].lowercased() == "chunked" else {
                return HTTPFailure(
                    .notImplemented, "the Transfer-Encoding is \(codings.joined(separator: ", ")); only chunked is known")
            }
        }
        guard lengths.count <= 1 else { return HTTPFailure(.badRequest, "\(lengths.count) Content-Length fields") }
        guard method != .CONNECT else {
            return HTTPFailure(.methodNotAllowed, "CONNECT is not known here", headers: [.allow: "GET, HEAD, POST, OPTIONS"])
        }
        guard uri.utf8.count <= Self.maximumTargetSize else {
            return HTTPFailure(.uriTooLong, "the address has \(uri.utf8.count) bytes, at most \(Self.maximumTargetSize) are allowed")
        }
        if version.minor > 0, let unknown = expectations.first(where: { $0 != "100-continue" }) {
            return HTTPFailure(.expectationFailed, "the expectation \"\(unknown)\" cannot be met; only 100-continue is known")
        }
        return nil
    }
}

extension HTTPFailure {
    /// The answer to what is no HTTP, in words for whoever wrote the client.
    init(_ error: HTTPParserError) {
        switch error {
        // The parser pauses after the preface of HTTP/2.
        case .invalidVersion, .paused:
            self.init(.httpVersionNotSupported, "HTTP/1.1 and HTTP/1.0 are known, in lines that end with CR LF")
        case .invalidMethod: self.init(.badRequest, "the request does not begin with a method that is known")
        case .headerOverflow: self.init(.requestHeaderFieldsTooLarge, "the head of the request is too large")
        case .invalidEOFState: self.init(.badRequest, "the request is not complete")
        case .closedConnection: self.init(.badRequest, "something follows a request after which the connection closes")
        case .invalidURL, .invalidCharactersUsed: self.init(.badRequest, "the address has a character that is not allowed there")
        case .invalidConstant: self.init(.badRequest, "the first line of the request does not end with HTTP/1.1")
        case .invalidHeaderToken: self.init(.badRequest, "a header field has a character that is not allowed there")
        case .lfExpected: self.init(.badRequest, "a line does not end with CR LF")
        case .invalidContentLength: self.init(.badRequest, "the Content-Length is no number, or too large")
        case .unexpectedContentLength: self.init(.badRequest, "the Content-Length contradicts another header field")
        case .invalidChunkSize: self.init(.badRequest, "the size of a chunk is no hexadecimal number, or too large")
        case .strictModeAssertion: self.init(.badRequest, "a chunk does not end with CR LF")
        // The parser does not tell what it is; mostly the coding of the body, or an end of a line.
        default: self.init(.badRequest, "the header fields or the chunks of the request are not as HTTP/1.1 has them (RFC 9112)")
        }
    }
}
