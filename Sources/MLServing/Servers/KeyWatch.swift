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

    private let client: any RedisClientProtocol
    private nonisolated let loop: EventLoop
    private let logger: Logger
    private let keyPrefix: String
    /// What the patterns that are still to be tried begin with, the narrowest first.
    private var patternPrefixes: [String]
    private var token: RedisSubscriptionToken?

    /// - Parameters:
    ///   - keyPrefix: What the watched keys begin with.
    ///   - sharedPrefix: What the result keys of all producers with the same prefix begin with.
    init(client: any RedisClientProtocol, loop: EventLoop, keyPrefix: String, sharedPrefix: String, logger: Logger) {
        self.client = client
        self.loop = loop
        self.logger = logger
        self.keyPrefix = keyPrefix
        patternPrefixes = keyPrefix.hasPrefix(sharedPrefix) ? [keyPrefix, sharedPrefix] : [keyPrefix]
    }

    /// Begins to fill ``notifications``, first with word that the watch is in place, or that there can be none.
    func begin() {
        guard let patternPrefix = patternPrefixes.first else { return }
        token = client.assumeIsolated { client in
            // One write may make several events; "set" is the one that says that there is a value.
            client.watch(keysWithPrefix: keyPrefix, patternPrefix: patternPrefix, for: "set") { [weak self] result in
                self?.assumeIsolated { $0.take(result) }
            }
        }
    }

    func end() {
        guard let token else { return }
        client.assumeIsolated { $0.unsubscribe(token) }
    }

    /// Whether writes are announced, as far as Redis lets us know.
    var isPushed: Bool {
        !patternPrefixes.isEmpty && client.assumeIsolated { $0.keyspaceEventsStatus } == .enabled
    }

    private func take(_ result: Result<RedisKeyEvents, RedisError>) {
        switch result {
        case .success(let events):
            if events.mayHaveMissed { notifications.addMissed() }
            for key in events.keys { notifications.add(key) }
        case .failure(let error) where error.code == .notPermitted:
            widen(error)
        case .failure(let error):
            notifications.fail(TransportError(error))
        }
    }

    private func widen(_ error: RedisError) {
        patternPrefixes.removeFirst()
        token = nil
        if patternPrefixes.isEmpty {
            logger.warning("Redis does not let us hear of writes, we look for them instead", metadata: ["error": "\(error)"])
            notifications.addMissed()
        } else {
            begin()
        }
    }
}
