/// The address of a broker node.
public struct RabbitMQNode: Sendable, Hashable, CustomStringConvertible {
    /// A name or an IP address.
    public var host: String
    /// The port: 5672 by default, 5671 for TLS.
    public var port: UInt16

    /// Makes an address.
    public init(host: String, port: UInt16 = 5672) {
        self.host = host
        self.port = port
    }

    /// `host:port`.
    public var description: String { "\(host):\(port)" }
}
