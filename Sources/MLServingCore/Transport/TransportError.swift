/// A broker or a store did not do what it was asked to.
public struct TransportError: Error, Sendable, Hashable, CustomStringConvertible {
    /// What kind of failure it is. Open: more may be added.
    public struct Code: Sendable, Hashable, CustomStringConvertible {
        /// The code as it is logged.
        public let description: String

        private init(_ description: String) {
            self.description = description
        }

        /// No queue takes messages with that routing key.
        public static let unroutable = Code("unroutable")
        /// The queue is full, or the broker refuses messages for now.
        public static let overloaded = Code("overloaded")
        /// The connection broke before the answer; whether the server acted is not known.
        public static let connectionLost = Code("connection_lost")
        /// The server could not be reached in time.
        public static let unavailable = Code("unavailable")
        /// There is no such queue.
        public static let notFound = Code("not_found")
        /// A queue of that name exists with other properties.
        public static let mismatch = Code("mismatch")
        /// The server refused: credentials, permissions, or an operation it does not know.
        public static let refused = Code("refused")
        /// The user lacks the right to publish, or to store results, at all. The message or the record is not to blame.
        public static let notPermitted = Code("not_permitted")
        /// The server does not take messages or values of that size.
        public static let tooLarge = Code("too_large")
        /// The transport has been closed.
        public static let closed = Code("closed")
    }

    /// What kind of failure it is.
    public var code: Code

    /// What happened, to what, and what to do.
    public var message: String

    /// Makes an error.
    public init(code: Code, message: String) {
        self.code = code
        self.message = message
    }

    /// `code: message`.
    public var description: String { "\(code): \(message)" }
}
