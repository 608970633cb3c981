internal import EventLoop
internal import Logging
internal import MLServingCore
internal import Redis
internal import TLS

/// Redis as the serving core's result store.
final class ServerStore: ResultStore {
    private let loop: EventLoop
    private let client: RedisClient
    private let database: Int
    private let sharedPrefix: String
    private let logger: Logger
    private let needed = OnDemand()

    init(settings: ServingSettings, name: String, loop: EventLoop, logger: Logger) {
        self.loop = loop
        self.logger = logger
        database = settings.redisDatabase
        sharedPrefix = settings.producer.keyPrefix + ":{"
        var configuration = RedisConfiguration(nodes: settings.redisNodes.map { RedisNode(host: $0.host, port: $0.port) })
        configuration.tls = settings.redisTLS.map { TLSConfiguration($0) }
        configuration.user = settings.redisUser
        configuration.password = settings.redisPassword.map { RedisSecret($0.revealed) }
        configuration.database = settings.redisDatabase
        configuration.clientName = name.map { $0 == " " ? "-" : String($0) }.joined()
        configuration.keyspaceEvents = [.keyspace, .string]
        client = RedisClient(configuration: configuration, loop: loop, logger: logger)
    }

    func run() async throws {
        guard await needed.wait() else { return }
        try await translatingRedis { try await client.run() }
    }

    /// The connection for commands, when it has been needed.
    var connections: [ConnectionState] {
        get async {
            guard needed.isNeeded else { return [] }
            let (isConnected, count) = await client.connectionState
            return [ConnectionState(name: "redis", isConnected: isConnected, connectCount: count)]
        }
    }

    // MARK: Records

    func put(_ entries: [StoreEntry]) async throws -> [Bool] {
        let commands = entries.map { RedisCommand.set($0.key, to: $0.value, expiry: $0.timeToLive, onlyIfAbsent: true) }
        return try await replies(to: commands).map { $0 != .null }
    }

    func get(_ keys: [String]) async throws -> [[UInt8]?] {
        try await replies(to: keys.map { .get($0) }).map(\.bytes)
    }

    func contains(_ keys: [String]) async throws -> [Bool] {
        try await replies(to: keys.map { .exists($0) }).map { $0.integer == 1 }
    }

    func remove(_ keys: [String]) {
        needed.need()
        client.perform(on: loop) { client in
            // What is not removed ends by its time to live.
            client.send(.unlink(keys)) { _ in }
        }
    }

    func serverRun() async throws -> String? {
        needed.need()
        let reply = try await translatingRedis { try await client.send(pipeline: [RedisCommand("INFO", "server")]) }[0]
        // A user without the right to ask goes without the answer.
        guard let bytes = reply.bytes else { return nil }
        let lines = bytes.split { $0 == 0x0D || $0 == 0x0A }
        return lines.first { $0.starts(with: Self.runID) }.map { String(decoding: $0.dropFirst(Self.runID.count), as: UTF8.self) }
    }

    private static let runID = [UInt8]("run_id:".utf8)

    private func replies(to commands: [RedisCommand]) async throws -> [RedisReply] {
        needed.need()
        let replies = try await translatingRedis { try await client.send(pipeline: commands) }
        for case .error(let error) in replies {
            throw TransportError(code: error.prefix == "NOPERM" ? .refused : .unavailable, message: "Redis: \(error)")
        }
        return replies
    }

    // MARK: Notifications

    func withNotifications<Outcome: Sendable>(
        forKeysWithPrefix prefix: String,
        body: @Sendable (any NotificationSource) async throws -> Outcome
    ) async throws -> Outcome {
        needed.need()
        let watch = KeyWatch(
            client: client, loop: loop, database: database, keyPrefix: prefix, sharedPrefix: sharedPrefix, logger: logger
        )
        await watch.begin()
        let source = WatchedKeys(watch: watch)
        do {
            // The first event tells that the server has confirmed the subscription.
            _ = try await source.next()
            if case .unavailable(let reason) = await client.keyspaceEventsStatus {
                logger.notice("Redis does not tell whether it announces results", metadata: ["reason": "\(reason)"])
            }
            let outcome = try await body(source)
            await watch.end()
            return outcome
        } catch {
            await watch.end()
            throw error
        }
    }
}

/// What a watch hears of.
private struct WatchedKeys: NotificationSource {
    let watch: KeyWatch

    var isPushed: Bool {
        get async { await watch.isPushed }
    }

    func next() async throws -> Notifications {
        try await watch.notifications.next()
    }
}

extension RedisClient {
    fileprivate var connectionState: (isConnected: Bool, count: Int) { (connectedNode != nil, connectCount) }
}
