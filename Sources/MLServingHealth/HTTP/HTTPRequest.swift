/// What is asked for: a request line of HTTP/1, without headers and body, which nothing here has a use for.
struct HTTPRequest: Sendable, Hashable {
    var method: String
    /// The path, without a query.
    var path: String
}
