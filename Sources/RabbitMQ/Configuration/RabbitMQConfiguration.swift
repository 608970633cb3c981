public import TLS

/// Where the broker is, who the client is, and how patient it is.
public struct RabbitMQConfiguration: Sendable, CustomStringConvertible {
    /// The nodes of the broker, tried in random order.
    public var nodes: [RabbitMQNode]
    /// The virtual host.
    public var virtualHost: String
    /// Who the client is.
    public var credentials: RabbitMQCredentials
    /// Encryption; `nil` speaks plain TCP, and sends the password as it is.
    public var tls: TLSConfiguration?
    /// What the broker's management pages call the connection.
    public var connectionName: String?
    /// How often each side shows that it lives, in whole seconds from 1 to 65,535. The broker may ask for less. A peer that has been silent
    /// for twice as long is given up.
    public var heartbeat: Duration
    /// How long one node may take to resolve, accept, encrypt and log in. After a tenth of it the next node is tried besides.
    public var connectTimeout: Duration
    /// How long a declaration or another question to the broker may take.
    public var operationTimeout: Duration
    /// How long a publish may take from the call to the broker's confirmation, unless the call says otherwise.
    public var publishTimeout: Duration
    /// How long publishes wait while the broker blocks the connection for want of memory or disk, before they fail.
    public var blockedTimeout: Duration
    /// How long closing may take: what is written is confirmed, then the broker agrees to close.
    public var closeTimeout: Duration
    /// The waits between rounds through the nodes.
    public var backoff: ReconnectBackoff
    /// How long a queue that was deleted is left alone before it is declared again.
    ///
    /// RabbitMQ before 4.0 takes a queue that is back before all its consumers have heard of the deletion for one that has failed over, and
    /// consumes it for them, but then drops what it is to deliver.
    public var deletionPause: Duration
    /// How long a consumer is idle before it is started anew, which ends the state that ``deletionPause`` avoids. The broker is asked four
    /// times in that time whether the queue is still there. RabbitMQ 4 and later tells consumers of every deletion, and is not asked.
    public var consumerRenewal: Duration
    /// The most bytes of a frame, from 4,096 to 131,072; the broker may ask for less.
    ///
    /// The upper bound is what keeps headers that a hostile peer nests without end from exhausting the stack of the C decoder.
    public var frameMaximum: Int
    /// The most bytes of a message's body that is accepted from the broker. A larger one is delivered without its body, and with a
    /// ``Delivery/defect``.
    public var messageMaximum: Int
    /// How many publishes may be written and not yet confirmed, per channel.
    public var unconfirmedLimit: Int
    /// How many publishes may wait to be written, per channel; more fail as ``RabbitMQError/Code/overloaded``.
    public var waitingLimit: Int

    /// Makes a configuration; what is not given has the default that RabbitMQ ships with, or a sensible one.
    public init(
        nodes: [RabbitMQNode] = [RabbitMQNode(host: "localhost")], virtualHost: String = "/",
        credentials: RabbitMQCredentials = .plain(user: "guest", password: "guest"), tls: TLSConfiguration? = nil,
        connectionName: String? = nil, heartbeat: Duration = .seconds(60), connectTimeout: Duration = .seconds(10),
        operationTimeout: Duration = .seconds(30),
        publishTimeout: Duration = .seconds(30), blockedTimeout: Duration = .seconds(10), closeTimeout: Duration = .seconds(5),
        backoff: ReconnectBackoff = ReconnectBackoff(), deletionPause: Duration = .milliseconds(500),
        consumerRenewal: Duration = .seconds(7), frameMaximum: Int = 131_072, messageMaximum: Int = 128 << 20,
        unconfirmedLimit: Int = 4_096, waitingLimit: Int = 16_384
    ) {
        self.nodes = nodes
        self.virtualHost = virtualHost
        self.credentials = credentials
        self.tls = tls
        self.connectionName = connectionName
        self.heartbeat = heartbeat
        self.connectTimeout = connectTimeout
        self.operationTimeout = operationTimeout
        self.publishTimeout = publishTimeout
        self.blockedTimeout = blockedTimeout
        self.closeTimeout = closeTimeout
        self.backoff = backoff
        self.deletionPause = deletionPause
        self.consumerRenewal = consumerRenewal
        self.frameMaximum = frameMaximum
        self.messageMaximum = messageMaximum
        self.unconfirmedLimit = unconfirmedLimit
        self.waitingLimit = waitingLimit
    }

    /// The user, the nodes and the virtual host; no secret.
    public var description: String {
        let list = nodes.map(\.description).joined(separator: ",")
        return "\(tls == nil ? "amqp" : "amqps")://\(list) vhost \(virtualHost) \(credentials)"
    }
}

extension RabbitMQConfiguration {
    /// Throws what cannot work, before anything is tried.
    func validate() throws(RabbitMQError) {
        func require(_ condition: Bool, _ message: @autoclosure () -> String) throws(RabbitMQError) {
            guard condition else { throw RabbitMQError(.invalidArgument, message()) }
        }
        try require(!nodes.isEmpty, "the configuration names no node")
        for node in nodes { try require(!node.host.isEmpty && !node.host.contains("\0"), "a node has the name \"\(node.host)\"") }
        try require(
            virtualHost.utf8.count <= 255 && !virtualHost.contains("\0"),
            "the name of the virtual host has \(virtualHost.utf8.count) bytes or one that is zero; AMQP allows 255")
        if case .plain(let user, let password) = credentials.mechanism {
            try require(!user.contains("\0") && !password.contains("\0"), "the user or the password has a byte that is zero")
        }
        try require((4_096...131_072).contains(frameMaximum), "the frame maximum must be 4096 to 131072 bytes, not \(frameMaximum)")
        try require((1...65_535).contains(heartbeat.components.seconds), "the heartbeat must be 1 to 65535 seconds, not \(heartbeat)")
        try require(deletionPause >= .zero && consumerRenewal > .zero, "the pause and the renewal of consumers must be positive")
        try require(unconfirmedLimit > 0 && waitingLimit > 0, "the limits of publishes must be positive")
        try require((tls?.certificateFile == nil) == (tls?.keyFile == nil), "a client certificate and its key go together")
        if case .external = credentials.mechanism {
            try require(tls?.certificateFile != nil, "a login by certificate needs TLS with a client certificate and its key")
        }
    }
}
