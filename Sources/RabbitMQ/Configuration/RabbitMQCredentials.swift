/// How a client proves who it is. The password shows in no description.
public struct RabbitMQCredentials: Sendable, CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
    enum Mechanism: Sendable {
        case plain(user: String, password: String)
        case external(identity: String)
    }

    let mechanism: Mechanism

    private init(_ mechanism: Mechanism) {
        self.mechanism = mechanism
    }

    /// SASL `PLAIN`: a user and a password. Without TLS both cross the network as they are.
    public static func plain(user: String, password: String) -> RabbitMQCredentials {
        RabbitMQCredentials(.plain(user: user, password: password))
    }

    /// SASL `EXTERNAL`: the TLS client certificate names the user. The broker needs its plugin `rabbitmq_auth_mechanism_ssl`.
    ///
    /// - Parameter identity: An authorisation identity, which RabbitMQ does not look at; it must not be empty.
    public static func external(identity: String = "client") -> RabbitMQCredentials {
        RabbitMQCredentials(.external(identity: identity))
    }

    /// The mechanism and the user.
    public var description: String {
        switch mechanism {
        case .plain(let user, _): "plain(user: \(user))"
        case .external: "external"
        }
    }

    /// The same as ``description``.
    public var debugDescription: String { description }

    /// The description alone: reflection must not show the password.
    public var customMirror: Mirror {
        Mirror(self, children: ["mechanism": description])
    }
}
