/// The channels on which a server tells of one event of the keys with a prefix.
struct KeyspaceChannels: Sendable {
    private let channelPrefix: String
    private let keyPrefix: [UInt8]
    private let event: [UInt8]
    /// What to subscribe to.
    let pattern: String

    /// - Parameter patternPrefix: What the pattern begins with: the prefix of the keys, or of more keys than those.
    init(database: Int, keysWithPrefix prefix: String, patternPrefix: String, event: String) {
        channelPrefix = "__keyspace@\(database)__:"
        keyPrefix = [UInt8]((channelPrefix + prefix).utf8)
        self.event = [UInt8](event.utf8)
        pattern = channelPrefix + Self.escaped(patternPrefix) + "*"
    }

    /// What the messages tell of.
    func events(in events: RedisSubscriptionEvents) -> RedisKeyEvents {
        // One write may make several events.
        let keys = events.messages.compactMap { $0.payload == event ? key(of: $0.channel) : nil }
        return RedisKeyEvents(keys: keys, mayHaveMissed: events.mayHaveMissed)
    }

    /// The key that a channel is of, if it has the prefix.
    private func key(of channel: String) -> String? {
        var channel = channel
        let start = channelPrefix.utf8.count
        return channel.withUTF8 { bytes in
            guard bytes.count >= keyPrefix.count, bytes[..<keyPrefix.count].elementsEqual(keyPrefix) else { return nil }
            return String(decoding: UnsafeBufferPointer(rebasing: bytes[start...]), as: UTF8.self)
        }
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
