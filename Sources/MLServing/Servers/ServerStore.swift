internal import EventLoop
internal import Logging
internal import MLServingCore
internal import Redis
internal import TLS

/// Redis as the serving core's result store.
final class ServerStore: ResultStore {
    private let loop: EventLoop
    private let client: any RedisClientProtocol
    private let sharedPrefix: String
    private let isCluster: Bool
    private let logger: Logger
    private let needed = OnDemand()

    init(settings: ServingSettings, name: String, loop: EventLoop, logger: Logger) {
        self.loop = loop
        self.logger = logger
        sharedPrefix = settings.producer.keyPrefix + ":{"
        isCluster = settings.redisIsCluster
        var configuration = RedisConfiguration(nodes: settings.redisNodes.map { RedisNode(host: $0.host, port: $0.port) })
        configuration.tls = settings.redisTLS.map { TLSConfiguration($0) }
        configuration.sentinels = settings.redisSentinels.map { RedisSentinels($0) }
        configuration.user = settings.redisUser
        configuration.password = settings.redisPassword.map { RedisSecret($0.revealed) }
        configuration.database = settings.redisDatabase
        configuration.clientName = name.map { $0 == " " ? "-" : String($0) }.joined()
        configuration.keyspaceEvents = [.keyspace, .string]
        client =
            settings.redisIsCluster
            ? RedisClusterClient(configuration: configuration, loop: loop, logger: logger)
            : RedisClient(configuration: configuration, loop: loop, logger: logger)
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
        let commands = entries.map { entry in
            if let prefix = entry.replacedPrefix { return RedisCommand.announcing(entry, replacing: prefix) }
            return .set(entry.key, to: entry.value, expiry: entry.timeToLive, onlyIfAbsent: true)
        }
        return try await replies(to: commands).map { $0 != .null }
    }

    func get(_ keys: [String]) async throws -> [[UInt8]?] {
        try await replies(to: keys.map { .get($0) }).map(\.bytes)
    }

    func contains(_ keys: [String]) async throws -> [Bool] {
        try await replies(to: keys.map { .exists($0) }).map { $0.integer == 1 }
    }

    func containsAny(of keys: [String]) async throws -> Bool {
        // A command's keys have to be on one node, which those of any caller need not be.
        if isCluster || keys.isEmpty { return try await contains(keys).contains(true) }
        let reply = try await replies(to: [RedisCommand("EXISTS", keys.map { .string($0) })])
        return reply.first?.integer ?? 0 > 0
    }

    func remove(_ keys: [String]) {
        needed.need()
        client.perform(on: loop) { client in
            // What is not removed ends by its time to live.
            client.unlink(keys) { _ in }
        }
    }

    func serverRun(forKeysWithPrefix prefix: String) async throws -> String? {
        needed.need()
        return try await translatingRedis { try await client.serverRun(forKeysWithPrefix: prefix) }
    }

    private func replies(to commands: [RedisCommand]) async throws -> [RedisReply] {
        needed.need()
        let replies = try await translatingRedis { try await client.send(pipeline: commands, timeout: nil) }
        for case .error(let error) in replies { throw TransportError(error) }
        return replies
    }

    // MARK: Notifications

    func withNotifications<Outcome: Sendable>(
        forKeysWithPrefix prefix: String,
        body: @Sendable (any NotificationSource) async throws -> Outcome
    ) async throws -> Outcome {
        needed.need()
        let watch = KeyWatch(client: client, loop: loop, keyPrefix: prefix, sharedPrefix: sharedPrefix, logger: logger)
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

extension RedisCommand {
    /// Writes and publishes a value in one step, unless the key has one that begins differently.
    private static let announcement = """
        local old = redis.call('GET', KEYS[1])
        if old and string.sub(old, 1, #ARGV[3]) ~= ARGV[3] then return nil end
        redis.call('SET', KEYS[1], ARGV[1], 'PX', ARGV[2])
        redis.call('PUBLISH', KEYS[1], ARGV[1])
        return 1
        """

    fileprivate static func announcing(_ entry: StoreEntry, replacing prefix: [UInt8]) -> RedisCommand {
        var command = RedisCommand(
            "EVAL", .string(announcement), 1, .string(entry.key), .bytes(entry.value), .integer(max(1, entry.timeToLive.milliseconds)),
            .bytes(prefix))
        command.key = entry.key
        return command
    }
}

extension RedisClientProtocol {
    fileprivate var connectionState: (isConnected: Bool, count: Int) { (isConnected, connectCount) }
}

extension RedisSentinels {
    fileprivate init(_ settings: SentinelSettings) {
        self.init(nodes: settings.nodes.map { RedisNode(host: $0.host, port: $0.port) }, masterName: settings.masterName)
        user = settings.user
        password = settings.password.map { RedisSecret($0.revealed) }
    }
}
