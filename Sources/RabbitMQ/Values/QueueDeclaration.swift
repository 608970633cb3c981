/// What a queue is to be like.
///
/// Declaring a queue that exists checks that it is as declared; the broker refuses (406) if it is not.
public struct QueueDeclaration: Sendable, Hashable {
    /// How the broker keeps the queue.
    public struct Kind: Sendable, Hashable {
        let name: String?

        /// Makes a kind of its `x-queue-type`.
        public init(name: String) {
            self.name = name
        }

        private init() {
            name = nil
        }

        /// What the virtual host's default is; classic unless configured otherwise.
        public static let unspecified = Kind()
        /// One process on one node.
        public static let classic = Kind(name: "classic")
        /// Replicated by Raft; must be durable, and neither exclusive nor auto-deleted.
        public static let quorum = Kind(name: "quorum")
    }

    /// The name; empty asks the broker to make one, which ``QueueStatus/name`` tells.
    public var name: String
    /// How the broker keeps the queue; sent as the argument `x-queue-type`.
    public var kind: Kind
    /// Whether the queue outlives a restart of the broker.
    public var isDurable: Bool
    /// Whether only this connection may use the queue, which goes with the connection.
    public var isExclusive: Bool
    /// Whether the queue goes when its last consumer does.
    public var isAutoDeleted: Bool
    /// Further arguments, such as `x-max-length`, `x-overflow` or `x-dead-letter-exchange`.
    public var arguments: FieldTable

    /// Makes a declaration; by default of a durable queue of the default kind.
    public init(
        name: String, kind: Kind = .unspecified, isDurable: Bool = true, isExclusive: Bool = false, isAutoDeleted: Bool = false,
        arguments: FieldTable = [:]
    ) {
        self.name = name
        self.kind = kind
        self.isDurable = isDurable
        self.isExclusive = isExclusive
        self.isAutoDeleted = isAutoDeleted
        self.arguments = arguments
    }

    var allArguments: FieldTable {
        var all = arguments
        if let kindName = kind.name { all["x-queue-type"] = .string(kindName) }
        return all
    }
}
