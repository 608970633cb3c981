/// An error reply: the server executed nothing, or gave up.
public struct RedisServerError: Error, Sendable, Hashable, CustomStringConvertible {
    /// The whole text, such as `WRONGPASS invalid username-password pair or user is disabled.`
    public let message: String

    /// Makes an error from the text of an error reply.
    public init(message: String) {
        self.message = message
    }

    /// The first word, which tells errors apart: `ERR`, `NOAUTH`, `WRONGPASS`, `NOPERM`, `READONLY`, `LOADING`, `OOM`, `MOVED`, …
    public var prefix: String {
        String(message.prefix { $0 != " " })
    }

    /// The text.
    public var description: String { message }
}
