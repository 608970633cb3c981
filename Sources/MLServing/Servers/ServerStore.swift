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
    private let logger: Logger
    private let needed = OnDemand()

    init(settings: ServingSettings, name: String, loop: EventLoop, logger: Logger) {
        self.loop = loop
        self.logger = logger
        database = settings.redisDatabase
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
        let channelPrefix = "__keyspace@\(database)__:"
        let notifications = KeyNotifications(isPushed: { [client] in await client.announces() })
        let token = await client.subscribe(toPattern: channelPrefix + Self.escaped(prefix) + "*") { result in
            switch result {
            case .failure(let error): notifications.fail(TransportError(error))
            case .success(let events):
                if events.mayHaveMissed { notifications.addMissed() }
                // One write may make several events; "set" is the one that says that there is a value.
                for message in events.messages where message.payload == Self.set && message.channel.hasPrefix(channelPrefix) {
                    notifications.add(String(message.channel.dropFirst(channelPrefix.count)))
                }
            }
        }
        do {
            // The first event tells that the server has confirmed the subscription.
            _ = try await notifications.next()
            if case .unavailable(let reason) = await client.keyspaceEventsStatus {
                logger.notice("Redis does not announce results, they are read on a timer", metadata: ["reason": "\(reason)"])
            }
            let outcome = try await body(notifications)
            await client.unsubscribe(token)
            return outcome
        } catch {
            await client.unsubscribe(token)
            throw error
        }
    }

    private static let set = [UInt8]("set".utf8)

    /// Keeps the characters of a key from being taken for those of a pattern.
    private static func escaped(_ text: String) -> String {
        var escaped = ""
        for character in text {
            if "*?[]\\^".contains(character) { escaped.append("\\") }
            escaped.append(character)
        }
        return escaped
    }
}

extension RedisClient {
    fileprivate func announces() -> Bool {
        keyspaceEventsStatus == .enabled
    }
}
