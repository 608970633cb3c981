extension RedisCommand {
    /// `SET key value [PX expiry] [NX]`.
    ///
    /// - Parameters:
    ///   - key: The key.
    ///   - value: The value's bytes.
    ///   - expiry: How long the key lives, to the millisecond and at least one; `nil` for ever.
    ///   - onlyIfAbsent: Leaves a key that exists as it is; the reply is then null.
    public static func set(_ key: String, to value: [UInt8], expiry: Duration? = nil, onlyIfAbsent: Bool = false) -> RedisCommand {
        let wordCount = 3 + (expiry == nil ? 0 : 2) + (onlyIfAbsent ? 1 : 0)
        let longValue = value.count >= CommandEncoder.longWordBytes
        var encoder = CommandEncoder(wordCount: wordCount, reserving: key.utf8.count + 32 + (longValue ? 0 : value.count))
        encoder.append("SET")
        encoder.append(key)
        encoder.append(value)
        if let expiry {
            encoder.append("PX")
            encoder.append(max(1, expiry.wholeMilliseconds))
        }
        if onlyIfAbsent { encoder.append("NX") }
        return RedisCommand("SET", encoder)
    }

    /// `GET key`.
    public static func get(_ key: String) -> RedisCommand {
        words("GET", [key])
    }

    /// `UNLINK key …`: removes keys, and frees their memory in the background.
    public static func unlink(_ keys: [String]) -> RedisCommand {
        words("UNLINK", keys)
    }

    /// `EXISTS key`.
    public static func exists(_ key: String) -> RedisCommand {
        words("EXISTS", [key])
    }

    /// `PING`.
    public static let ping = words("PING", [])

    static func words(_ name: String, _ words: [String]) -> RedisCommand {
        let byteCount = words.reduce(name.utf8.count) { $0 + $1.utf8.count }
        var encoder = CommandEncoder(wordCount: words.count + 1, reserving: byteCount)
        encoder.append(name)
        for word in words { encoder.append(word) }
        return RedisCommand(name, encoder)
    }
}

extension Duration {
    /// Rounded down; saturates far beyond what a server accepts.
    var wholeMilliseconds: Int64 {
        let (seconds, attoseconds) = components
        let (milliseconds, overflow) = seconds.multipliedReportingOverflow(by: 1000)
        guard !overflow else { return seconds < 0 ? .min : .max }
        return milliseconds.addingReportingOverflow(attoseconds / 1_000_000_000_000_000).partialValue
    }
}
