internal import MLServingCore
internal import Redis

/// Redis as the directory of models: a sorted set of names, scored by when they end in the server's time, and a key for each value.
///
/// Looking never scans: names that have ended are not asked for, and are removed by whoever enters the next one.
extension ServerStore: ModelDirectory {
    private static let names = "mlserving-models"

    private static func key(_ name: String) -> String { "\(names):\(name)" }

    func enter(_ entries: [DirectoryEntry], timeToLive: Duration) async throws {
        let now = try await serverTime()
        var scores: [RedisArgument] = [.string(Self.names)]
        for entry in entries { scores += [.integer(now + timeToLive.milliseconds), .string(entry.name)] }
        let values = entries.map { RedisCommand.set(Self.key($0.name), to: $0.value, expiry: timeToLive) }
        // Values first, so that no name stands without one.
        try await execute(
            values + [
                RedisCommand("ZADD", scores), RedisCommand("ZREMRANGEBYSCORE", .string(Self.names), .string("-inf"), .string("(\(now)")),
            ])
    }

    func withdraw(_ names: [String]) async throws {
        guard !names.isEmpty else { return }
        let removal = RedisCommand("ZREM", [.string(Self.names)] + names.map { .string($0) })
        try await execute([removal] + names.map { .unlink([Self.key($0)]) })
    }

    func entries() async throws -> [DirectoryEntry] {
        let question = RedisCommand(
            "ZRANGEBYSCORE", .string(Self.names), .integer(try await serverTime()), .string("+inf"), .string("LIMIT"), .integer(0),
            .integer(Int64(DirectoryEntry.maximumCount)))
        let names = try await execute([question]).first?.elements?.compactMap(\.string) ?? []
        var entries: [DirectoryEntry] = []
        // In groups, so that no answer is larger than a few megabytes; of a value that is too large one byte more than may be is read.
        for start in stride(from: 0, to: names.count, by: 100) {
            let group = names[start..<min(start + 100, names.count)]
            let questions = group.map {
                RedisCommand("GETRANGE", .string(Self.key($0)), .integer(0), .integer(Int64(DirectoryEntry.maximumByteCount)))
            }
            for (name, reply) in zip(group, try await execute(questions)) {
                guard let value = reply.bytes, !value.isEmpty, value.count <= DirectoryEntry.maximumByteCount else { continue }
                entries.append(DirectoryEntry(name: name, value: value))
            }
        }
        return entries
    }

    /// In milliseconds since 1970, by the clock of the server that keeps the names.
    private func serverTime() async throws -> Int64 {
        var question = RedisCommand("TIME")
        question.key = Self.names
        guard let parts = try await execute([question]).first?.elements, parts.count == 2,
            let seconds = parts[0].string.flatMap({ Int64($0) }), let microseconds = parts[1].string.flatMap({ Int64($0) }),
            (0...1_000_000_000_000).contains(seconds)
        else { throw TransportError(code: .unavailable, message: "Redis does not tell its time") }
        return seconds * 1_000 + microseconds / 1_000
    }

    /// - Throws: ``TransportError`` of the first command that fails, with `notPermitted` for a missing right.
    @discardableResult
    private func execute(_ commands: [RedisCommand]) async throws -> [RedisReply] {
        let replies = try await replies(to: commands)
        for case .error(let error) in replies {
            var failure = failure(error)
            if error.prefix == "NOPERM" { failure.code = .notPermitted }
            throw failure
        }
        return replies
    }
}
