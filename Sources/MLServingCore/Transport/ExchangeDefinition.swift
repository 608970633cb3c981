/// An exchange, at which programs meet that do not know each other's queues.
public struct ExchangeDefinition: Sendable, Hashable {
    /// How messages are routed.
    public enum Kind: String, Sendable, Hashable, CaseIterable {
        /// To the queues bound by the very routing key.
        case direct
        /// To all queues that are bound.
        case fanout
        /// To the queues bound by a pattern of the routing key.
        case topic
    }

    /// The name.
    public var name: String
    /// How messages are routed.
    public var kind: Kind
    /// Whether it outlives a restart of the broker.
    public var isDurable: Bool

    /// Defines an exchange.
    public init(name: String, kind: Kind, isDurable: Bool) {
        self.name = name
        self.kind = kind
        self.isDurable = isDurable
    }
}
