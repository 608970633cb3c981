/// What a connection object has done since it was made.
public struct RabbitMQStatistics: Sendable, Hashable {
    /// Whether the client is connected and everything declared and consumed is in place.
    public internal(set) var isConnected = false
    /// Whether the broker takes no messages now, for want of memory or disk.
    public internal(set) var isBlocked = false
    /// How often the client has connected; all but the first are reconnects.
    public internal(set) var connectCount = 0
    /// How many messages have been written.
    public internal(set) var publishCount = 0
    /// How many publishes the broker has confirmed.
    public internal(set) var confirmCount = 0
    /// How many publishes the broker has refused or returned.
    public internal(set) var refusalCount = 0
    /// How many deliveries have arrived.
    public internal(set) var deliveryCount = 0
    /// How many deliveries have been settled.
    public internal(set) var settlementCount = 0
    /// How many settlements were dropped because their delivery belonged to an earlier incarnation, or was settled before.
    public internal(set) var staleSettlementCount = 0
    /// How often a consumer had to be started again while the connection stood.
    public internal(set) var consumerRestartCount = 0

    /// Grows with what only a connection that works can bring about.
    var usefulCount: Int { confirmCount + deliveryCount }
}
