internal import EventLoop
internal import Logging
internal import MLServingCore
internal import Redis
internal import Synchronization
internal import TLS

/// Redis as the serving core's result store.
final class ServerStore: ResultStore {
    private let loop: EventLoop
    private let client: any RedisClientProtocol
    private let sharedPrefix: String
    private let probeKey: String
    private let isCluster: Bool
    /// Those that are tried, for errors.
    private let nodes: String
    private let logger: Logger
    private let needed = OnDemand()
    private let valueLimits = ValueLimits()
    private let hasToldUnannounced = Atomic(false)

    init(settings: ServingSettings, name: String, loop: EventLoop, logger: Logger) {
        self.loop = loop
        self.logger = logger
        sharedPrefix = settings.producer.keyPrefix + ":{"
        isCluster = settings.redisIsCluster
        nodes = (settings.redisSentinels?.nodes ?? settings.redisNodes).map(\.description).joined(separator: " ")
        probeKey = settings.producer.keyPrefix + ":probe"
        var configuration = RedisConfiguration(nodes: settings.redisNodes.map { RedisNode(host: $0.host, port: $0.port) })
        configuration.tls = settings.redisTLS.map { TLSConfiguration($0) }
        configuration.sentinels = settings.redisSentinels.map { RedisSentinels($0) }
        configuration.user = settings.redisUser
        configuration.password = settings.redisPassword.map { RedisSecret($0.revealed) }
        configuration.database = settings.redisDatabase
        configuration.clientName = Self.clientName(name)
        configuration.keyspaceEvents = [.keyspace, .string]
        client =
            settings.redisIsCluster
            ? RedisClusterClient(configuration: configuration, loop: loop, logger: logger)
            : RedisClient(configuration: configuration, loop: loop, logger: logger)
    }

    /// A name that `CLIENT SETNAME` takes: it knows printable ASCII without spaces only, and queues may be called anything.
    static func clientName(_ name: String) -> String? {
        name.isEmpty ? nil : String(name.map { $0.isASCII && $0 > " " && $0 < "\u{7F}" ? $0 : "-" })
    }

    /// Keeps connected until cancelled.
    ///
    /// - Throws: ``TransportError`` with `refused` for settings that cannot work, and when Redis refuses the first connection. Who has been
    ///   let in once goes on trying, whatever happens: the operator may be about to change the password.
    func run() async throws {
        guard await needed.wait() else { return }
        try await translatingRedis {
            try await withThrowingTaskGroup(of: Void.self) { [client] group in
                group.addTask { try await client.run() }
                group.addTask {
                    do {
                        try await client.waitUntilConnected()
                    } catch is CancellationError {
                    } catch let error as RedisError where error.code == .closed {
                        // The client has ended, and says why by itself.
                    }
                }
                defer { group.cancelAll() }
                while try await group.next() != nil {}
            }
        }
    }

    /// The connections to Redis, as one, when they have been needed.
    var connections: [ConnectionState] {
        get async {
            guard needed.isNeeded else { return [] }
            return [await client.connectionState(of: nodes)]
        }
    }

    // MARK: Records

    func write(_ entries: [StoreEntry]) async throws -> [StoreOutcome] {
        needed.need()
        let limit = await valueLimits.limit(for: entries, in: client)
        var outcomes = entries.map { entry -> StoreOutcome? in
            guard entry.value.count > limit else { return nil }
            let sizes = "\(entry.value.count) bytes, Redis takes \(limit) in one value (proto-max-bulk-len)"
            return .failed(TransportError(code: .tooLarge, message: "the record is too large: \(sizes)"))
        }
        let places = outcomes.indices.filter { outcomes[$0] == nil }
        let commands = places.map { RedisCommand.storing(entries[$0]) }
        let results = try await translatingRedis { try await client.outcomes(ofPipeline: commands) }
        for (place, result) in zip(places, results) {
            switch result {
            case .failure(let error): outcomes[place] = .failed(failure(ofNode: error))
            case .success(.error(let error)): outcomes[place] = .failed(failure(error))
            case .success(.null): outcomes[place] = .taken
            case .success(let reply):
                outcomes[place] = .stored
                if reply == RedisCommand.storedUnannounced { tellUnannounced(entries[place].key) }
            }
        }
        return outcomes.compactMap { $0 }
    }

    func get(_ keys: [String]) async throws -> [[UInt8]?] {
        try await read(keys).map { try $0.get() }
    }

    func read(_ keys: [String]) async throws -> [Result<[UInt8]?, TransportError>] {
        try await replies(to: keys.map { .get($0) }).map { reply in
            if case .error(let error) = reply { .failure(failure(error)) } else { .success(reply.bytes) }
        }
    }

    func contains(_ keys: [String]) async throws -> [Bool] {
        let replies = try await replies(to: keys.map { .exists($0) })
        let errors = replies.compactMap { reply in
            if case .error(let error) = reply { failure(error) } else { nil }
        }
        // One key that we may not look at says nothing of the others.
        let lasting = errors.first { $0.code != .refused } ?? (errors.count == keys.count ? errors.first : nil)
        if let lasting { throw lasting }
        return replies.map { $0.integer == 1 }
    }

    func probe() async throws {
        // The command and the prefix of results. Whether the key is taken is no matter: a server that takes no writes says so first.
        let replies = try await replies(to: [.storing(StoreEntry(key: probeKey, value: [1], timeToLive: .seconds(1)))])
        guard case .error(let error)? = replies.first else { return }
        var failure = failure(error)
        if error.prefix == "NOPERM" {
            failure.code = .notPermitted
            failure.message = "the user has no right to SET keys like \(probeKey), so it cannot store results: \(failure.message)"
        }
        throw failure
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

    func replies(to commands: [RedisCommand]) async throws -> [RedisReply] {
        needed.need()
        return try await translatingRedis { try await client.send(pipeline: commands, timeout: nil) }
    }

    /// What an error reply means. In a cluster, slots that move are followed: one that still moves will have settled some time.
    func failure(_ error: RedisServerError) -> TransportError {
        var failure = TransportError(error)
        if isCluster, error.prefix == "MOVED" { failure.code = .unavailable }
        return failure
    }

    /// What it means that a node of a cluster does nothing. One that refuses us refuses no record, and may let us in again.
    private func failure(ofNode error: RedisError) -> TransportError {
        var failure = TransportError(error)
        if failure.code == .refused { failure.code = .unavailable }
        return failure
    }

    private func tellUnannounced(_ key: String) {
        guard !hasToldUnannounced.exchange(true, ordering: .relaxed) else { return }
        logger.warning("results are stored, but Redis does not let us publish them; this is told once", metadata: ["result_key": "\(key)"])
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

extension RedisClientProtocol {
    /// - Parameter nodes: Where the servers are, for when none has answered yet.
    fileprivate func connectionState(of nodes: String) -> ConnectionState {
        let isConnected = isConnected
        let problem = isConnected ? nil : problem.map { TransportError($0).message } ?? "Redis: no answer yet from \(nodes)"
        return ConnectionState(name: "redis", isConnected: isConnected, connectCount: connectCount, problem: problem)
    }
}

extension RedisSentinels {
    fileprivate init(_ settings: SentinelSettings) {
        self.init(nodes: settings.nodes.map { RedisNode(host: $0.host, port: $0.port) }, masterName: settings.masterName)
        user = settings.user
        password = settings.password.map { RedisSecret($0.revealed) }
    }
}
