/// The store's records, as a value.
struct InMemoryRecords {
    private struct Record {
        let value: [UInt8]
        let expiry: ContinuousClock.Instant
    }

    private var records: [String: Record] = [:]
    private var expiries = DeadlineQueue()

    /// Keeps a record unless its key is taken.
    mutating func put(_ entry: StoreEntry, at now: ContinuousClock.Instant) -> Bool {
        removeExpired(at: now)
        guard records[entry.key] == nil else { return false }
        let expiry = now + entry.timeToLive
        records[entry.key] = Record(value: entry.value, expiry: expiry)
        expiries.insert(entry.key, deadline: expiry)
        return true
    }

    func value(of key: String, at now: ContinuousClock.Instant) -> [UInt8]? {
        guard let record = records[key], record.expiry > now else { return nil }
        return record.value
    }

    mutating func remove(_ key: String) {
        records[key] = nil
        expiries.compact(liveCount: records.count) { records[$0] != nil }
    }

    private mutating func removeExpired(at now: ContinuousClock.Instant) {
        for key in expiries.popExpired(at: now) {
            // The key may have been removed and written anew since.
            if let record = records[key], record.expiry <= now { records[key] = nil }
        }
    }
}

/// A watch of keys that begin with a prefix.
final class InMemorySubscription: NotificationSource {
    /// How many unread notifications are kept; a reader that is further behind reads everything it waits for.
    private static let capacity = 65_536

    let id: UInt64
    let prefix: String
    private let keys = Mailbox<String?>()

    init(id: UInt64, prefix: String) {
        self.id = id
        self.prefix = prefix
    }

    var isPushed: Bool { true }

    func notify(_ key: String) {
        if keys.count < Self.capacity { return keys.append(key) }
        _ = keys.drain()
        keys.append(nil)
    }

    func next() async throws -> Notifications {
        let arrived = try await keys.next()
        return Notifications(keys: arrived.compactMap { $0 }, mayHaveMissed: arrived.contains(nil))
    }
}
