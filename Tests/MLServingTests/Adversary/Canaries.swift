import Foundation
import MLServing
import Redis

/// Keys of "another application" in the same Redis, of every type, which nobody of this project may touch.
struct Canaries {
    private let mark = String(UInt64.random(in: .min ... .max), radix: 36)

    private var texts: [String] {
        ["another:\(mark)", "canary\(mark)", uuid(1), "celery-task-meta-\(uuid(2))", "mlserving:cache:\(mark)", "another app \(mark)"]
    }
    private var lists: [String] { ["queue:\(mark)", uuid(3), "celery-task-meta-\(uuid(4))"] }
    private var hashes: [String] { ["session:\(mark)", uuid(5)] }

    private func uuid(_ number: Int) -> String {
        "0000000\(number)-0000-4000-8000-" + String(mark.utf8.reduce(0) { $0 &* 31 &+ UInt64($1) } % 1_000_000_000_000 + 100_000_000_000)
    }

    /// All their names.
    var keys: [String] { texts + lists + hashes }

    func plant() async throws {
        for key in texts { try await RedisAdministrator.send(["SET", key, "untouched \(mark)"]) }
        for key in lists { try await RedisAdministrator.send(["RPUSH", key, "first", mark]) }
        for key in hashes { try await RedisAdministrator.send(["HSET", key, "field", mark]) }
    }

    /// The names of those that are not as they were planted, or have a time to live.
    func touched() async throws -> [String] {
        var touched: [String] = []
        for key in texts where try await RedisAdministrator.send(["GET", key]).string != "untouched \(mark)" { touched.append(key) }
        for key in lists {
            let elements = try await RedisAdministrator.send(["LRANGE", key, "0", "-1"]).elements ?? []
            if elements.compactMap(\.string) != ["first", mark] { touched.append(key) }
        }
        for key in hashes where try await RedisAdministrator.send(["HGET", key, "field"]).string != mark { touched.append(key) }
        for key in keys where try await RedisAdministrator.send(["PTTL", key]).integer != -1 { touched.append(key + " (time to live)") }
        return touched
    }

    func remove() async throws {
        try await RedisAdministrator.send(["UNLINK"] + keys)
    }
}
