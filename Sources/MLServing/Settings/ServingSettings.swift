public import MLServingCore

/// Everything that a consumer or a producer over RabbitMQ and Redis is configured by.
public struct ServingSettings: Sendable {
    /// How a client proves to RabbitMQ who it is.
    public enum AuthenticationMechanism: String, Sendable, CaseIterable {
        /// By a user and a password.
        case plain
        /// By its certificate, whose name is the user. RabbitMQ needs its plugin `rabbitmq_auth_mechanism_ssl`.
        case external
    }

    /// Who makes the queues and the exchange.
    public enum QueueDeclarationMode: String, Sendable, CaseIterable {
        /// This program, unless they exist. What exists is used, be it otherwise than declared.
        case auto
        /// Somebody else: they are only looked for, and waited for.
        case passive
    }

    /// The nodes of the RabbitMQ cluster, tried in random order.
    public var rabbitNodes = [ServerNode(host: "localhost", port: 5_672)]
    /// How connections to RabbitMQ are encrypted; `nil`: not at all.
    public var rabbitTLS: TLSSettings?
    /// How we prove to RabbitMQ who we are; ``AuthenticationMechanism/external`` needs a certificate in ``rabbitTLS``.
    public var rabbitAuthentication = AuthenticationMechanism.plain
    /// The RabbitMQ user.
    public var rabbitUser = "guest"
    /// The RabbitMQ user's password.
    public var rabbitPassword = Secret("guest")
    /// The RabbitMQ virtual host.
    public var rabbitVirtualHost = "/"
    /// How often RabbitMQ and the client show each other that they live.
    public var rabbitHeartbeat = Duration.seconds(60)
    /// How long publishes wait while RabbitMQ is short of memory or disk.
    public var rabbitBlockedTimeout = Duration.seconds(300)

    /// The Redis servers, of which the first that takes writes is used; with ``redisIsCluster`` some nodes of the cluster.
    public var redisNodes = [ServerNode(host: "localhost", port: 6_379)]
    /// How connections to Redis are encrypted; `nil`: not at all.
    public var redisTLS: TLSSettings?
    /// Who tells where the Redis server is that takes writes; `nil`: it is one of ``redisNodes``.
    public var redisSentinels: SentinelSettings?
    /// Whether the Redis servers are a Redis Cluster.
    public var redisIsCluster = false
    /// The Redis ACL user; `nil`: the default user.
    public var redisUser: String?
    /// The Redis password; `nil`: none is asked for.
    public var redisPassword: Secret?
    /// The number of the Redis database.
    public var redisDatabase = 0

    /// The exchange that routes requests to the queue; empty: the default exchange.
    public var exchangeName = ""
    /// The type of that exchange.
    public var exchangeType = "direct"
    /// Who makes the queues and the exchange.
    public var queueDeclaration = QueueDeclarationMode.auto

    /// How requests are consumed.
    public var consumer = ConsumerConfiguration()
    /// How predictions are asked for.
    public var producer = ProducerConfiguration()

    /// The documented defaults.
    public init() {}
}

/// A text that stays out of logs.
public struct Secret: Sendable, Hashable, CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
    /// The text itself.
    public let revealed: String

    /// Wraps a text.
    public init(_ text: String) {
        revealed = text
    }

    /// Not the text.
    public var description: String { "<redacted>" }
    /// Not the text.
    public var debugDescription: String { description }
    /// Not the text.
    public var customMirror: Mirror { Mirror(self, children: []) }
}
