public import TLS

/// Where Redis is, who we are there, and how much and how long to wait.
public struct RedisConfiguration: Sendable, Hashable {
    /// The order in which ``nodes`` are tried.
    public enum NodeOrder: Sendable, Hashable {
        /// The first that answers, from the first.
        case listed
        /// The first that answers, from one taken at random.
        case random
    }

    /// The servers to try. With more than one, replicas are passed over: ours is the node that takes writes. For a ``RedisClusterClient``
    /// they are where to ask for the cluster's nodes. Not used with ``sentinels``.
    public var nodes: [RedisNode]
    /// The order in which to try them.
    public var nodeOrder: NodeOrder = .listed
    /// Encryption; `nil` speaks plain TCP, and sends the password as it is.
    public var tls: TLSConfiguration?
    /// Who tells where the master is; `nil`: it is one of ``nodes``.
    public var sentinels: RedisSentinels?
    /// The ACL user; `nil` for the default user.
    public var user: String?
    /// The password; `nil` where none is asked for.
    public var password: RedisSecret?
    /// The number of the database.
    public var database = 0
    /// The name that `CLIENT LIST` shows; `nil` for none. No spaces.
    public var clientName: String?

    /// How long a node may take to be resolved, connected to and greeted.
    public var connectTimeout: Duration = .seconds(5)
    /// How long a command may wait for a connection, for its turn and for its reply, and how long the server may be silent
    /// while a command is unanswered before the connection is given up. While bytes move, both are longer by a second for each 128,000;
    /// a time limit that is named with a command is not.
    public var commandTimeout: Duration = .seconds(5)
    /// How long to wait before connecting again: a random time up to this, which doubles with each failure …
    public var reconnectDelay: Duration = .milliseconds(100)
    /// … and no longer than this. The waits start over after a connection that lasted as long, or on which a command was answered.
    public var maximumReconnectDelay: Duration = .seconds(3)

    /// The largest reply that is accepted, in bytes; a larger one ends the connection. At most 1 GiB.
    public var maximumReplyBytes = 64 * 1024 * 1024
    /// The commands that may be unanswered at a time, in bytes. Whoever issues more waits. One command alone may be larger.
    public var maximumBytesInFlight = 16 * 1024 * 1024
    /// The number of commands that may be unanswered at a time. Whoever issues more waits.
    public var maximumCommandsInFlight = 4096

    /// The events that subscriptions to keyspace notifications need. Switched on, where missing and permitted, on each connection for
    /// subscriptions, before it subscribes.
    public var keyspaceEvents: KeyspaceEvents = []
    /// The messages, in bytes, that may wait for a subscriber. Beyond that they are dropped, and the subscriber is told.
    public var maximumSubscriptionBytes = 4 * 1024 * 1024
    /// How long the connection for commands may be idle before the server is asked for a sign of life, and how often it is looked whether
    /// keyspace notifications are still switched on.
    public var pingInterval: Duration = .seconds(2)
    /// How long the connection for subscriptions may be silent before the server is asked for a sign of life.
    public var subscriptionPingInterval: Duration = .seconds(2)
    /// How often a cluster is asked anew which node owns which slots, if nothing else gives reason to.
    public var topologyRefreshInterval: Duration = .seconds(30)

    /// Makes a configuration for the given nodes.
    public init(nodes: [RedisNode] = [RedisNode(host: "localhost")]) {
        self.nodes = nodes
    }
}

extension RedisConfiguration {
    /// The largest reply that ``maximumReplyBytes`` may allow: the parser counts in 32 bits.
    static let largestReplyBytes = 1 << 30

    /// Whether a node that takes no writes is to be passed over.
    var needsPrimary: Bool { nodes.count > 1 || sentinels != nil }

    /// Throws what cannot work.
    func validate() throws(RedisError) {
        if let sentinels { try Self.validate(sentinels.nodes, sentinels.user, sentinels.password) }
        try Self.validate(sentinels?.nodes ?? nodes, user, password)
        if let sentinels, sentinels.masterName.isEmpty {
            throw RedisError(.invalidConfiguration, "the name of the master that the sentinels watch is missing")
        }
        if database < 0 { throw RedisError(.invalidConfiguration, "the Redis database \(database) must not be negative") }
        if !(1...Self.largestReplyBytes).contains(maximumReplyBytes) {
            throw RedisError(.invalidConfiguration, "maximumReplyBytes must be between 1 and \(Self.largestReplyBytes)")
        }
        if maximumBytesInFlight < 1 || maximumCommandsInFlight < 1 || maximumSubscriptionBytes < 1 {
            throw RedisError(.invalidConfiguration, "the limits of commands in flight and of subscriptions must be positive")
        }
        let durations = [
            connectTimeout, commandTimeout, reconnectDelay, maximumReconnectDelay, pingInterval, subscriptionPingInterval,
            topologyRefreshInterval,
        ]
        if durations.contains(where: { $0 <= .zero }) {
            throw RedisError(.invalidConfiguration, "timeouts and delays must be positive")
        }
        if let clientName, clientName.utf8.contains(where: { $0 <= 0x20 || $0 > 0x7e }) {
            throw RedisError(.invalidConfiguration, "the Redis client name must be printable ASCII without spaces")
        }
    }

    private static func validate(_ nodes: [RedisNode], _ user: String?, _ password: RedisSecret?) throws(RedisError) {
        if nodes.isEmpty { throw RedisError(.invalidConfiguration, "no Redis node is configured; name at least one") }
        if let node = nodes.first(where: { $0.host.isEmpty || $0.host.utf8.contains(0) || $0.port == 0 }) {
            throw RedisError(.invalidConfiguration, "\"\(node)\" is not a node; it needs a host and a port")
        }
        if user != nil, password == nil { throw RedisError(.invalidConfiguration, "a Redis user is configured without a password") }
    }
}
