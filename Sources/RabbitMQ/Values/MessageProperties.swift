/// What a message says about itself beside its body. Every property is optional and belongs to the application unless noted.
///
/// The texts are at most 255 bytes of UTF-8 each. Source: AMQP 0-9-1, class `basic`.
public struct MessageProperties: Sendable, Hashable {
    /// The MIME type of the body.
    public var contentType: String?
    /// The MIME encoding of the body.
    public var contentEncoding: String?
    /// Named values; all of them together fit into one frame.
    public var headers: FieldTable
    /// Whether the broker keeps the message on disk.
    public var deliveryMode: DeliveryMode?
    /// 0 (lowest) to 255; the queue's `x-max-priority` caps it.
    public var priority: UInt8?
    /// Which request a reply answers.
    public var correlationID: String?
    /// The queue that replies go to.
    public var replyTo: String?
    /// After how many milliseconds the broker drops the message: a decimal number as text.
    public var expiration: String?
    /// The identity of the message.
    public var messageID: String?
    /// When the message was made, in seconds since 1970 (UTC).
    public var timestamp: UInt64?
    /// The kind of the message.
    public var type: String?
    /// The publishing user; the broker refuses any but the connection's own.
    public var userID: String?
    /// The publishing application.
    public var appID: String?

    /// Whether a message outlives a restart of the broker, on a durable queue.
    public enum DeliveryMode: UInt8, Sendable, Hashable {
        /// Kept in memory.
        case transient = 1
        /// Kept on disk.
        case persistent = 2
    }

    /// What message ids begin with that a client has made up; see ``isMessageIDMadeUp``.
    static let madeUpMessageIDPrefix = "mlserving.unnamed-"

    /// Whether the message was published without an id, and a ``RabbitMQConnection`` gave it one.
    ///
    /// The client names mandatory messages, because it tells by the id which of them the broker returns. Such an id is new with each publish, and
    /// nobody else knows it.
    public var isMessageIDMadeUp: Bool { messageID?.hasPrefix(Self.madeUpMessageIDPrefix) ?? false }

    /// Makes properties; what is not given is not sent.
    public init(
        contentType: String? = nil, contentEncoding: String? = nil, headers: FieldTable = [:], deliveryMode: DeliveryMode? = nil,
        priority: UInt8? = nil, correlationID: String? = nil, replyTo: String? = nil, expiration: String? = nil, messageID: String? = nil,
        timestamp: UInt64? = nil, type: String? = nil, userID: String? = nil, appID: String? = nil
    ) {
        self.contentType = contentType
        self.contentEncoding = contentEncoding
        self.headers = headers
        self.deliveryMode = deliveryMode
        self.priority = priority
        self.correlationID = correlationID
        self.replyTo = replyTo
        self.expiration = expiration
        self.messageID = messageID
        self.timestamp = timestamp
        self.type = type
        self.userID = userID
        self.appID = appID
    }
}
