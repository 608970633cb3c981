/// A message, with the AMQP 0-9-1 properties that serving uses.
public struct Message: Sendable, Equatable {
    /// The payload.
    public var body: [UInt8]
    /// The payload's media type.
    public var contentType: String?
    /// How the payload is compressed, if it is: `zstd`.
    public var contentEncoding: String?
    /// Names the message.
    public var messageID: String?
    /// Names the request that a reply answers.
    public var correlationID: String?
    /// Where the reply goes, in queue mode.
    public var replyTo: String?
    /// How long the message may wait in a queue.
    public var timeToLive: Duration?
    /// More urgent messages have the higher number; only queues that were made for priorities heed it.
    public var priority: UInt8?
    /// When the message was made, in seconds since 1970.
    public var timestamp: UInt64?
    /// Application headers.
    public var headers: MessageHeaders

    /// Makes a message. It is persistent.
    public init(
        body: [UInt8],
        contentType: String? = nil,
        contentEncoding: String? = nil,
        messageID: String? = nil,
        correlationID: String? = nil,
        replyTo: String? = nil,
        timeToLive: Duration? = nil,
        priority: UInt8? = nil,
        timestamp: UInt64? = nil,
        headers: MessageHeaders = [:]
    ) {
        self.body = body
        self.contentType = contentType
        self.contentEncoding = contentEncoding
        self.messageID = messageID
        self.correlationID = correlationID
        self.replyTo = replyTo
        self.timeToLive = timeToLive
        self.priority = priority
        self.timestamp = timestamp
        self.headers = headers
    }
}

/// The value of an application header.
public enum HeaderValue: Sendable, Hashable {
    /// Text.
    case string(String)
    /// A whole number.
    case integer(Int64)
    /// A floating-point number.
    case double(Double)
    /// True or false.
    case bool(Bool)
    /// Bytes that are not text.
    case bytes([UInt8])
    /// Nothing.
    case null
    /// Several values.
    case array([HeaderValue])
    /// Named values.
    case table([String: HeaderValue])

    /// The text, if it is text.
    public var string: String? {
        if case .string(let value) = self { value } else { nil }
    }

    /// The whole number; a text that spells one counts, as old clients send them so.
    public var integer: Int64? {
        switch self {
        case .integer(let value): value
        case .string(let text): Int64(text)
        default: nil
        }
    }
}

/// A message that a broker handed to a consumer.
public struct Delivery: Sendable {
    /// The message.
    public var message: Message
    /// What settles it.
    public var tag: DeliveryTag
    /// Whether it was delivered before, so that a consumer may have begun or even finished it.
    public var isRedelivered: Bool { deliveryCount > 0 }
    /// How many times it was delivered before and came back. A classic queue of RabbitMQ does not count: there it is 1 at most.
    public var deliveryCount: Int
    /// Why this is not the message that was published, such as headers that cannot be read or a body beyond all limits; `nil`: it is.
    ///
    /// Then the body is empty, and the properties are what could be read of them.
    public var defect: String?

    /// Makes a delivery.
    public init(message: Message, tag: DeliveryTag, deliveryCount: Int, defect: String? = nil) {
        self.message = message
        self.tag = tag
        self.deliveryCount = deliveryCount
        self.defect = defect
    }
}

/// Names a delivery for settlement, within one life of a connection.
public struct DeliveryTag: Sendable, Hashable {
    /// Which life of the connection it came by.
    public var generation: UInt64
    /// Its number in that life.
    public var number: UInt64

    /// Makes a tag.
    public init(generation: UInt64, number: UInt64) {
        self.generation = generation
        self.number = number
    }
}
