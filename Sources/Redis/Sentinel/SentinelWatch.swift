internal import EventLoop
internal import Logging

/// Listens to a sentinel for a change of the master. Used on the loop's thread.
///
/// It saves time, and nothing depends on it: who connects asks the sentinels anyway.
struct SentinelWatch {
    private static let channel = "+switch-master"
    /// The silence after which a sentinel is asked for a sign of life, and how long it has for that.
    private static let patience = Duration.seconds(2)

    private let name: String
    private let subscriber: Subscriber
    private let loop: EventLoop

    /// `nil` if there are no sentinels to listen to.
    init?(_ configuration: RedisConfiguration, loop: EventLoop, logger: Logger) {
        guard let sentinels = configuration.sentinels else { return nil }
        name = sentinels.masterName
        self.loop = loop
        var configuration = configuration.ofSentinels(sentinels)
        configuration.subscriptionPingInterval = Self.patience
        configuration.commandTimeout = Self.patience
        var logger = logger
        logger[metadataKey: LoggingKey.role.rawValue] = "sentinel"
        subscriber = Subscriber(
            configuration: configuration, loop: loop, logger: logger, failures: RecurringFailures(), troubled: {})
    }

    /// Keeps the connection to a sentinel, until cancelled.
    nonisolated(nonsending) func keepConnected() async {
        await subscriber.keepConnected()
    }

    /// Tells of each new master, until cancelled.
    nonisolated(nonsending) func follow(_ isMaster: (RedisNode) -> Void) async {
        while !Task.isCancelled {
            do {
                let feed = try await subscriber.open([.channel(Self.channel)])
                while true {
                    let messages = try await subscriber.next(feed).messages
                    if let master = messages.compactMap({ Self.master(name, in: $0) }).last { isMaster(master) }
                }
            } catch {
                // No sentinel answers, or none lets us listen.
                try? await loop.sleep(until: .now.advanced(by: Self.patience))
            }
        }
    }

    /// The new master that a message tells of: `<name> <old host> <old port> <new host> <new port>`.
    static func master(_ name: String, in message: RedisMessage) -> RedisNode? {
        let words = String(decoding: message.payload, as: UTF8.self).split(separator: " ")
        guard words.count == 5, words[0] == name else { return nil }
        return RedisNode(host: String(words[3]), port: String(words[4]))
    }
}
