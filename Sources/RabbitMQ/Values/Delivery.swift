/// A message that the broker handed to a consumer.
public struct Delivery: Sendable {
    /// What settles the delivery: see ``RabbitMQConsumer/acknowledge(_:)``.
    public let tag: DeliveryTag
    /// Whether the broker has delivered the message before, to this or another consumer.
    public let isRedelivered: Bool
    /// The exchange that the message was published to; empty for the default exchange.
    public let exchange: String
    /// The routing key that the message was published with.
    public let routingKey: String
    /// What the message says about itself.
    public let properties: MessageProperties
    /// The content; empty if there is a defect.
    public let body: [UInt8]
    /// Why this is not the message that was published; `nil`: it is.
    public let defect: DeliveryDefect?

    /// Makes a delivery, for tests of code that handles deliveries.
    public init(
        tag: DeliveryTag, isRedelivered: Bool = false, exchange: String = "", routingKey: String = "",
        properties: MessageProperties = MessageProperties(), body: [UInt8], defect: DeliveryDefect? = nil
    ) {
        self.tag = tag
        self.isRedelivered = isRedelivered
        self.exchange = exchange
        self.routingKey = routingKey
        self.properties = properties
        self.body = body
        self.defect = defect
    }
}
