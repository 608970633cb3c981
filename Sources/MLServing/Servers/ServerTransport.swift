public import EventLoop
public import Logging
public import MLServingCore
internal import RabbitMQ
internal import Redis

/// The transport over RabbitMQ and Redis.
///
/// All its connections live on one thread. Publishing and consuming have a connection each, because a broker that is short of memory stops
/// reading from connections that publish, and would not see acknowledgements on them. A connection is made when it is first needed: a
/// producer never opens one for consuming, and a client that has its results by reply never one to Redis.
public final class ServerTransport: Transport {
    private let loop: EventLoop
    private let serverBroker: ServerBroker
    private let serverStore: ServerStore

    /// Makes a transport; nothing starts before ``run()``.
    ///
    /// - Parameters:
    ///   - settings: Where the servers are.
    ///   - name: What the servers' lists of connections call this one.
    ///   - logger: Where to tell of connects, losses and refusals.
    public init(settings: ServingSettings, name: String, logger: Logger) {
        // What servers and messages say is escaped before it is logged.
        let logger = logger.harmless
        loop = EventLoop(name: "mlserving-io")
        serverBroker = ServerBroker(settings: settings, name: name, loop: loop, logger: logger)
        serverStore = ServerStore(settings: settings, name: name, loop: loop, logger: logger)
        for (server, tls) in [("RabbitMQ", settings.rabbitTLS), ("Redis", settings.redisTLS)] {
            guard let verification = tls?.verification, verification != .full else { continue }
            logger.warning(
                "the server's certificate is not verified in full", metadata: ["server": "\(server)", "verification": "\(verification)"]
            )
        }
    }

    /// The thread of all connections.
    public var executor: any TimedExecutor { loop }
    /// RabbitMQ.
    public var broker: any Broker { serverBroker }
    /// Redis.
    public var store: any ResultStore { serverStore }
    /// Redis, too.
    public var directory: (any ModelDirectory)? { serverStore }

    /// The connections that have been needed so far: `rabbitmq-publishing`, `rabbitmq-consuming`, `redis`.
    public var connections: [ConnectionState] {
        get async { await serverBroker.connections + serverStore.connections }
    }

    /// Connects as far as there is need, and keeps connected until cancelled.
    ///
    /// - Throws: ``/MLServingCore/TransportError`` with `refused` when a server refuses the credentials, or is not trusted.
    public func run() async throws {
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { try await self.serverBroker.runPublishing() }
            group.addTask { try await self.serverBroker.runConsuming() }
            group.addTask { try await self.serverStore.run() }
            defer { group.cancelAll() }
            // Not waitForAll(), which would keep the first failure to itself until the others end, and they do not.
            while try await group.next() != nil {}
        }
    }
}
