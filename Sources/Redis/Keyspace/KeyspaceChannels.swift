/// The channels on which a server tells of one event of the keys with a prefix.
struct KeyspaceChannels: Sendable {
    private let channelPrefix: String
    private let keyPrefix: String
    private let event: [UInt8]
    /// What to subscribe to.
    let pattern: String

    /// - Parameter patternPrefix: What the pattern begins with: the prefix of the keys, or of more keys than those.
    init(database: Int, keysWithPrefix prefix: String, patternPrefix: String, event: String) {
        channelPrefix = "__keyspace@\(database)__:"
        keyPrefix = channelPrefix + prefix
        self.event = [UInt8](event.utf8)
        pattern = channelPrefix + Self.escaped(patternPrefix) + "*"
    }

    /// What the messages tell of.
    func events(in events: RedisSubscriptionEvents) -> RedisKeyEvents {
        // One write may make several events.
        let keys = events.messages.lazy.filter { $0.payload == event && $0.channel.utf8.starts(with: keyPrefix.utf8) }
        return RedisKeyEvents(
            keys: keys.map { String(decoding: $0.channel.utf8.dropFirst(channelPrefix.utf8.count), as: UTF8.self) },
            mayHaveMissed: events.mayHaveMissed
        )
    }

    /// Keeps the characters of a key from being taken for those of a pattern.
    private static func escaped(_ text: String) -> String {
        var escaped = ""
        for character in text.unicodeScalars {
            if "*?[]\\^".unicodeScalars.contains(character) { escaped.unicodeScalars.append("\\") }
            escaped.unicodeScalars.append(character)
        }
        return escaped
    }
}
