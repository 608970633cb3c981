/// One of a transport's connections to a server, as it is now.
public struct ConnectionState: Sendable, Hashable {
    /// Which one it is, such as `rabbitmq-consuming`: the same for all transports of a kind.
    public var name: String

    /// Whether it can be used.
    public var isConnected: Bool

    /// How often it has been made; all but the first are reconnects.
    public var connectCount: Int

    /// Why it cannot be used, as far as is known, in words for an operator and without secrets; `nil` while it can be.
    public var problem: String?

    /// Describes a connection.
    public init(name: String, isConnected: Bool, connectCount: Int, problem: String? = nil) {
        self.name = name
        self.isConnected = isConnected
        self.connectCount = connectCount
        self.problem = problem
    }
}
