/// What clients may take of the service before it knows whether they deserve it: connections, and time.
public struct ConnectionLimits: Sendable {
    /// How many connections are open at once.
    public var maximumConnections: Int

    /// How many connections a client has at once: an IPv4 address, or the first 64 bits of an IPv6 address. Trusted proxies have as many as
    /// they like; the requests that they forward count for the clients that they name.
    public var maximumConnectionsPerClient: Int

    /// How long the head of the first request may take.
    public var headTimeout: Duration

    /// How long a body may take, however fast it comes.
    public var bodyTimeout: Duration

    /// The fewest bytes of a body that have to come each second, once ``bodyGrace`` is over.
    public var minimumBodyRate: Int

    /// For how long a body may come at any rate.
    public var bodyGrace: Duration

    /// How long a connection stays open for the next request.
    public var idleTimeout: Duration

    /// How long a client may take none of a response.
    public var writeTimeout: Duration

    /// How long a request is worked on after its client has closed its end of the connection.
    public var abandonmentGrace: Duration

    /// The proxies whose word on the client's address counts.
    public var trustedProxies: TrustedProxies

    /// Limits connections.
    ///
    /// - Parameters:
    ///   - maximumConnections: How many connections are open at once.
    ///   - maximumConnectionsPerClient: How many connections a client has at once.
    ///   - headTimeout: How long the head of the first request may take.
    ///   - bodyTimeout: How long a body may take.
    ///   - minimumBodyRate: The fewest bytes of a body that have to come each second.
    ///   - bodyGrace: For how long a body may come at any rate.
    ///   - idleTimeout: How long a connection stays open for the next request.
    ///   - writeTimeout: How long a client may take none of a response.
    ///   - abandonmentGrace: How long a request is worked on after its client has closed its end.
    ///   - trustedProxies: The proxies whose word on the client's address counts.
    public init(
        maximumConnections: Int = 1_024,
        maximumConnectionsPerClient: Int = 64,
        headTimeout: Duration = .seconds(10),
        bodyTimeout: Duration = .seconds(30),
        minimumBodyRate: Int = 1_000,
        bodyGrace: Duration = .seconds(5),
        idleTimeout: Duration = .seconds(60),
        writeTimeout: Duration = .seconds(30),
        abandonmentGrace: Duration = .seconds(2),
        trustedProxies: TrustedProxies = .none
    ) {
        self.maximumConnections = maximumConnections
        self.maximumConnectionsPerClient = maximumConnectionsPerClient
        self.headTimeout = headTimeout
        self.bodyTimeout = bodyTimeout
        self.minimumBodyRate = minimumBodyRate
        self.bodyGrace = bodyGrace
        self.idleTimeout = idleTimeout
        self.writeTimeout = writeTimeout
        self.abandonmentGrace = abandonmentGrace
        self.trustedProxies = trustedProxies
    }

    /// How many descriptors are kept for what is no connection of a client: the listener, the model, the servers behind it.
    private static let otherDescriptors = 64

    /// Lowers the number of connections to what the system allows, so that none waits outside unheard.
    ///
    /// - Parameter descriptors: How many descriptors the process may have.
    /// - Returns: Whether they were enough.
    public mutating func fit(descriptors: Int) -> Bool {
        // Guests come on top.
        let room = max(1, descriptors - Self.otherDescriptors - ConnectionTable.maximumGuests)
        defer { maximumConnections = min(maximumConnections, room) }
        return maximumConnections <= room
    }
}
