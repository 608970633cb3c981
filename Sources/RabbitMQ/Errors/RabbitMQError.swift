/// What went wrong between the application and the broker.
public struct RabbitMQError: Error, Sendable, CustomStringConvertible {
    /// The kind of failure. The set is open: handle what you know, and treat the rest as a failure.
    public struct Code: Sendable, Hashable, CustomStringConvertible {
        /// The name of the code.
        public let description: String

        init(_ description: String) {
            self.description = description
        }
    }

    /// The kind of failure.
    public let code: Code
    /// What happened, to what, and what can be done.
    public let message: String
    /// The node that the connection was made to, as `host:port`, if one is involved.
    public let node: String?
    /// The broker's reply code, if the broker reported the failure.
    public let replyCode: UInt16?
    /// Whether the message may have reached its queue although the publish failed.
    ///
    /// Publishing again can then duplicate the message; not publishing again can lose it.
    public let isOutcomeUnknown: Bool

    init(_ code: Code, _ message: String, node: String? = nil, replyCode: UInt16? = nil, isOutcomeUnknown: Bool = false) {
        self.code = code
        self.message = message
        self.node = node
        self.replyCode = replyCode
        self.isOutcomeUnknown = isOutcomeUnknown
    }

    /// The code, the message, and the node.
    public var description: String {
        let place = node.map { " [\($0)]" } ?? ""
        return "\(code): \(message)\(place)"
    }

    /// The same failure, seen by a publish that had been written to the socket.
    var withUnknownOutcome: RabbitMQError {
        RabbitMQError(code, message, node: node, replyCode: replyCode, isOutcomeUnknown: true)
    }
}
