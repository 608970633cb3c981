internal import EventLoop
internal import Logging
internal import MLServingCore
internal import Redis

/// Has Redis announce the keys that begin with a prefix, as narrowly as its access rules permit.
///
/// A rule for channels counts for a pattern only if it is that very pattern, so rules cannot permit the pattern of one producer, whose id is
/// drawn anew by each process. Where it is refused, the pattern of all producers with the same `RESULT_PREFIX` is tried, and what is not of
/// this prefix is passed over; where that is refused too, nothing is announced and results are read on a timer.
actor KeyWatch {
    nonisolated let notifications = KeyNotifications()
    nonisolated var unownedExecutor: UnownedSerialExecutor { loop.asUnownedSerialExecutor() }

    private static let set = [UInt8]("set".utf8)

    private let client: RedisClient
    private nonisolated let loop: EventLoop
    private let logger: Logger
    private let channelPrefix: String
    private let keyPrefix: String
    private var patterns: [String]
    private var token: RedisSubscriptionToken?

    /// - Parameters:
    ///   - keyPrefix: What the watched keys begin with.
    ///   - sharedPrefix: What the result keys of all producers with the same prefix begin with.
    init(client: RedisClient, loop: EventLoop, database: Int, keyPrefix: String, sharedPrefix: String, logger: Logger) {
        self.client = client
        self.loop = loop
        self.logger = logger
        self.keyPrefix = keyPrefix
        let channelPrefix = "__keyspace@\(database)__:"
        self.channelPrefix = channelPrefix
        let prefixes = keyPrefix.hasPrefix(sharedPrefix) ? [keyPrefix, sharedPrefix] : [keyPrefix]
        patterns = prefixes.map { channelPrefix + Self.escaped($0) + "*" }
    }

    /// Begins to fill ``notifications``, first with word that the watch is in place, or that there can be none.
    func begin() {
        guard let pattern = patterns.first else { return }
        token = client.assumeIsolated { client in
            client.subscribe(toPattern: pattern) { [weak self] result in self?.assumeIsolated { $0.take(result) } }
        }
    }

    func end() {
        guard let token else { return }
        client.assumeIsolated { $0.unsubscribe(token) }
    }

    /// Whether writes are announced, as far as Redis lets us know.
    var isPushed: Bool {
        !patterns.isEmpty && client.assumeIsolated { $0.keyspaceEventsStatus } == .enabled
    }

    private func take(_ result: Result<RedisSubscriptionEvents, RedisError>) {
        switch result {
        case .success(let events): add(events)
        case .failure(let error) where error.code == .notPermitted: widen(error)
        case .failure(let error): notifications.fail(TransportError(error))
        }
    }

    private func add(_ events: RedisSubscriptionEvents) {
        if events.mayHaveMissed { notifications.addMissed() }
        // One write may make several events; "set" is the one that says that there is a value.
        for message in events.messages where message.payload == Self.set && message.channel.hasPrefix(channelPrefix) {
            let key = message.channel.dropFirst(channelPrefix.count)
            if key.hasPrefix(keyPrefix) { notifications.add(String(key)) }
        }
    }

    private func widen(_ error: RedisError) {
        let refused = patterns.removeFirst()
        token = nil
        if patterns.isEmpty {
            logger.warning(
                "Redis does not let us hear of writes, we look for them instead", metadata: ["permit": "&\(refused)", "error": "\(error)"]
            )
            notifications.addMissed()
        } else {
            begin()
        }
    }

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
