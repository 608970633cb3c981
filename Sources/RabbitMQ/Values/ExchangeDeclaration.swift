/// What an exchange is to be like.
public struct ExchangeDeclaration: Sendable, Hashable {
    /// The name.
    public var name: String
    /// How messages are routed: `direct`, `fanout`, `topic`, `headers`, or what a plugin offers.
    public var type: String
    /// Whether the exchange outlives a restart of the broker.
    public var isDurable: Bool
    /// Whether the exchange goes when its last binding does.
    public var isAutoDeleted: Bool
    /// Further arguments.
    public var arguments: FieldTable

    /// Makes a declaration; by default of a durable exchange.
    public init(name: String, type: String, isDurable: Bool = true, isAutoDeleted: Bool = false, arguments: FieldTable = [:]) {
        self.name = name
        self.type = type
        self.isDurable = isDurable
        self.isAutoDeleted = isAutoDeleted
        self.arguments = arguments
    }
}
