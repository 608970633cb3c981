/// The properties of a durable queue.
public struct QueueDefinition: Sendable, Hashable {
    /// How the broker keeps a queue.
    public enum Kind: String, Sendable, Hashable, CaseIterable {
        /// Replicated, safe when a node of the broker is lost.
        case quorum
        /// Kept by one node. What a queue shared with older Python programs has to be.
        case classic
    }

    /// The queue's name.
    public var name: String

    /// How the broker keeps it.
    public var kind: Kind

    /// What happens to a message for which a queue has no room.
    public enum Overflow: String, Sendable, Hashable {
        /// It is refused, and its publisher hears `overloaded`.
        case rejectPublish
        /// The oldest message makes room for it.
        case dropOldest
    }

    /// How many messages may wait; `nil`: no bound.
    public var maximumLength: Int?

    /// What happens to a message for which there is no room.
    public var overflow: Overflow

    /// The queue that receives rejected and expired messages; `nil`: they are dropped.
    public var deadLetterQueue: String?

    /// How long a message may wait; `nil`: as long as its own time to live says.
    public var messageTimeToLive: Duration?

    /// How many times a quorum queue of RabbitMQ takes a message back before it drops or dead-letters it; `nil`: the broker's default, which is
    /// never in RabbitMQ 3, and after 20 times in RabbitMQ 4.
    public var deliveryLimit: Int?

    /// Defines a durable queue.
    public init(
        name: String,
        kind: Kind = .quorum,
        maximumLength: Int? = nil,
        overflow: Overflow = .rejectPublish,
        deadLetterQueue: String? = nil,
        messageTimeToLive: Duration? = nil,
        deliveryLimit: Int? = nil
    ) {
        self.name = name
        self.kind = kind
        self.maximumLength = maximumLength
        self.overflow = overflow
        self.deadLetterQueue = deadLetterQueue
        self.messageTimeToLive = messageTimeToLive
        self.deliveryLimit = deliveryLimit
    }
}

/// What is in a queue.
public struct QueueStatus: Sendable, Hashable {
    /// Messages that wait for a consumer; those delivered and not yet settled are not among them.
    public var depth: Int

    /// Consumers of the queue.
    public var consumers: Int

    /// Makes a status.
    public init(depth: Int, consumers: Int) {
        self.depth = depth
        self.consumers = consumers
    }
}

/// Where a message is published to.
public struct Route: Sendable, Hashable {
    /// The exchange; the empty name is the default exchange, which routes by queue name.
    public var exchange: String

    /// The routing key; with the default exchange, the queue's name.
    public var routingKey: String

    /// Whether it is an error that no queue takes the message.
    public var isMandatory: Bool

    /// Makes a route.
    public init(exchange: String = "", routingKey: String, isMandatory: Bool = true) {
        self.exchange = exchange
        self.routingKey = routingKey
        self.isMandatory = isMandatory
    }
}
