/// That an exchange routes messages to a queue.
public struct QueueBinding: Sendable, Hashable {
    /// The queue.
    public var queue: String
    /// The exchange.
    public var exchange: String
    /// What the exchange matches routing keys with.
    public var routingKey: String
    /// Further arguments, for `headers` exchanges.
    public var arguments: FieldTable

    /// Makes a binding.
    public init(queue: String, exchange: String, routingKey: String = "", arguments: FieldTable = [:]) {
        self.queue = queue
        self.exchange = exchange
        self.routingKey = routingKey
        self.arguments = arguments
    }
}
