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
        if let record = records[entry.key] {
            // Every value begins with nothing, and none of them is meant.
            guard let prefix = entry.replacedPrefix, !prefix.isEmpty, record.value.starts(with: prefix) else { return false }
        }
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
