internal import MLServingCore
internal import Redis

extension RedisCommand {
    /// What is answered when a record is stored, and the user's rights do not suffice to publish it.
    static let storedUnannounced = RedisReply.integer(2)

    /// Writes and publishes a value in one step, unless the key has one that does not begin as named. A key of another type is an error, and
    /// stays as it is. What was stored stays so though it cannot be published.
    private static let announcement = """
        local old = redis.call('GET', KEYS[1])
        if old and (#ARGV[3] == 0 or string.sub(old, 1, #ARGV[3]) ~= ARGV[3]) then return nil end
        redis.call('SET', KEYS[1], ARGV[1], 'PX', ARGV[2])
        local published = redis.pcall('PUBLISH', KEYS[1], ARGV[1])
        if type(published) == 'table' and published.err then return 2 end
        return 1
        """

    /// Writes a record unless its key is taken by one that it may not replace. The reply is null where it is.
    static func storing(_ entry: StoreEntry) -> RedisCommand {
        guard let prefix = entry.replacedPrefix else {
            return .set(entry.key, to: entry.value, expiry: entry.timeToLive, onlyIfAbsent: true)
        }
        var command = RedisCommand(
            "EVAL", .string(announcement), 1, .string(entry.key), .bytes(entry.value), .integer(max(1, entry.timeToLive.milliseconds)),
            .bytes(prefix))
        command.key = entry.key
        return command
    }
}
