/// Why a command, a subscription or a connection failed.
///
/// Nothing in it is secret: neither arguments of commands nor passwords appear in the message.
public struct RedisError: Error, Sendable, CustomStringConvertible {
    /// What happened. New codes may be added.
    public struct Code: Sendable, Hashable, CustomStringConvertible {
        /// The code's name.
        public let description: String

        /// The configuration cannot work.
        public static let invalidConfiguration = Code(description: "invalidConfiguration")
        /// No node accepted a connection.
        public static let cannotConnect = Code(description: "cannotConnect")
        /// The connection could not be encrypted, or one side does not trust the other; ``RedisError/underlying`` says why. Trying again as
        /// it is will not help.
        public static let tlsFailed = Code(description: "tlsFailed")
        /// The server refused the user, the password, the database or the subscription: trying again as it is will not help.
        public static let rejected = Code(description: "rejected")
        /// The user's access rules do not permit the subscription.
        public static let notPermitted = Code(description: "notPermitted")
        /// The command waited in vain for a connection, or for its turn. It was not sent.
        public static let timedOut = Code(description: "timedOut")
        /// The command was sent and not answered in time. Whether it was executed is unknown.
        public static let replyTimedOut = Code(description: "replyTimedOut")
        /// The connection ended before the reply came. Whether the command was executed is unknown.
        public static let connectionLost = Code(description: "connectionLost")
        /// The client has been told to stop, or stopped. The command was not sent.
        public static let closed = Code(description: "closed")
        /// Too many commands are waiting already. The command was not sent.
        public static let overloaded = Code(description: "overloaded")
        /// What the peer sent is not RESP2.
        public static let protocolViolation = Code(description: "protocolViolation")
        /// The reply exceeds ``RedisConfiguration/maximumReplyBytes``.
        public static let replyTooLarge = Code(description: "replyTooLarge")
        /// The server answered with an error; see ``RedisError/serverError``.
        public static let serverError = Code(description: "serverError")
        /// The server answered with another kind of reply than the command has.
        public static let unexpectedReply = Code(description: "unexpectedReply")
    }

    // An error travels in the result of every command: one word instead of a dozen.
    private final class Contents: Sendable {
        let code: Code
        let message: String
        let node: RedisNode?
        let serverError: RedisServerError?
        let underlying: (any Error)?

        init(code: Code, message: String, node: RedisNode?, serverError: RedisServerError?, underlying: (any Error)?) {
            self.code = code
            self.message = message
            self.node = node
            self.serverError = serverError
            self.underlying = underlying
        }
    }

    private let contents: Contents

    /// Makes an error.
    ///
    /// - Parameters:
    ///   - code: What happened.
    ///   - message: What happened to what, and what to do about it. No secrets.
    ///   - node: The node it happened with.
    ///   - serverError: The server's own words.
    ///   - underlying: What led to it.
    public init(
        _ code: Code, _ message: String, node: RedisNode? = nil, serverError: RedisServerError? = nil, underlying: (any Error)? = nil
    ) {
        contents = Contents(code: code, message: message, node: node, serverError: serverError, underlying: underlying)
    }

    /// What happened.
    public var code: Code { contents.code }
    /// What happened to what, and what to do about it.
    public var message: String { contents.message }
    /// The node it happened with, where there was one.
    public var node: RedisNode? { contents.node }
    /// The error reply behind ``Code/serverError`` and most of ``Code/rejected``.
    public var serverError: RedisServerError? { contents.serverError }
    /// What led to it.
    public var underlying: (any Error)? { contents.underlying }

    /// Whether the command may have been executed: it was sent, and the reply is missing.
    public var isOutcomeUnknown: Bool {
        code == .connectionLost || code == .replyTimedOut || code == .protocolViolation || code == .replyTooLarge
    }

    /// Code, node, message and cause on one line.
    public var description: String {
        var text = "RedisError.\(code)"
        if let node { text += " (\(node))" }
        text += ": \(message)"
        if let underlying { text += " [\(underlying)]" }
        return text
    }
}

extension RedisError {
    /// Whether there will be no connection as long as configuration and server stay as they are: whoever waits for one need not.
    var isRefusal: Bool { code == .rejected || code == .tlsFailed }

    static func server(_ error: RedisServerError, command: String, node: RedisNode?) -> RedisError {
        RedisError(.serverError, "\(command) failed: \(error.explained)", node: node, serverError: error)
    }

    static var stopped: RedisError { RedisError(.closed, "the Redis client has been stopped") }

    static func unexpected(_ reply: RedisReply, to command: String) -> RedisError {
        RedisError(.unexpectedReply, "\(command) was answered with \(reply.kind)")
    }
}
