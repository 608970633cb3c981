/// An answer after which the connection is closed.
struct HTTPResponse: Sendable {
    struct Status: Sendable, Hashable {
        var code: Int
        var reason: String

        static let ok = Status(code: 200, reason: "OK")
        static let badRequest = Status(code: 400, reason: "Bad Request")
        static let notFound = Status(code: 404, reason: "Not Found")
        static let methodNotAllowed = Status(code: 405, reason: "Method Not Allowed")
        static let headerTooLarge = Status(code: 431, reason: "Request Header Fields Too Large")
        static let unavailable = Status(code: 503, reason: "Service Unavailable")
        static let versionNotSupported = Status(code: 505, reason: "HTTP Version Not Supported")
    }

    var status: Status
    var contentType = "text/plain; charset=utf-8"
    var body: [UInt8]
    /// Further header fields.
    var fields: [(name: String, value: String)] = []

    /// A line of text that says what the status means.
    static func plain(_ status: Status) -> HTTPResponse {
        HTTPResponse(status: status, body: [UInt8]("\(status.reason)\n".utf8))
    }

    /// The response as it goes over the wire.
    ///
    /// - Parameter hasBody: Whether the body goes with it, which after HEAD it does not.
    func bytes(hasBody: Bool) -> [UInt8] {
        var head = "HTTP/1.1 \(status.code) \(status.reason)\r\n"
        head += "Content-Type: \(contentType)\r\nContent-Length: \(body.count)\r\nCache-Control: no-store\r\nConnection: close\r\n"
        for field in fields { head += "\(field.name): \(field.value)\r\n" }
        return [UInt8]((head + "\r\n").utf8) + (hasBody ? body : [])
    }
}
