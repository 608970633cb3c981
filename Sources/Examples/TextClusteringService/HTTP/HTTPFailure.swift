internal import Hummingbird
internal import JSON

/// An answer that is no success: a status, and `{"Error": "…"}` that says what went wrong.
struct HTTPFailure: Error {
    let status: HTTPResponse.Status
    let message: String
    let headers: HTTPFields

    init(_ status: HTTPResponse.Status, _ message: String, headers: HTTPFields = [:]) {
        self.status = status
        self.message = message
        self.headers = headers
    }

    /// - Parameter retryAfter: When to try again, in seconds.
    init(_ status: HTTPResponse.Status, _ message: String, retryAfter: Int) {
        self.init(status, message, headers: [.retryAfter: "\(retryAfter)"])
    }

    /// The answer to a request whose place another one needs.
    static let crowdedOut = HTTPFailure(
        .serviceUnavailable, "too much work at the moment, and the body came too slowly", retryAfter: 1)

    /// `{"Error": "…"}`
    var body: [UInt8] {
        JSONValue.object([.init("Error", .string(message))]).bytes
    }

    var response: Response { .json(body, status: status, headers: headers) }
}

extension Response {
    /// A response with a body of JSON.
    static func json(_ value: JSONValue) -> Response {
        .json(value.bytes)
    }

    /// A response with a body of JSON.
    static func json(_ bytes: [UInt8], status: HTTPResponse.Status = .ok, headers: HTTPFields = [:]) -> Response {
        var headers = headers
        headers[.contentType] = "application/json"
        return Response(status: status, headers: headers, body: ResponseBody(byteBuffer: ByteBuffer(bytes: bytes)))
    }
}
