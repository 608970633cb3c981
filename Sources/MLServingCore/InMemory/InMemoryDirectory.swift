internal import EventLoop

/// A directory of models in memory.
actor InMemoryDirectory: ModelDirectory {
    private struct Entry {
        let value: [UInt8]
        let expiry: ContinuousClock.Instant
    }

    private let executor: any TimedExecutor
    private var known: [String: Entry] = [:]

    nonisolated var unownedExecutor: UnownedSerialExecutor { executor.asUnownedSerialExecutor() }

    init(executor: any TimedExecutor) {
        self.executor = executor
    }

    func enter(_ entries: [DirectoryEntry], timeToLive: Duration) {
        let now = executor.now
        known = known.filter { $0.value.expiry > now }
        for entry in entries { known[entry.name] = Entry(value: entry.value, expiry: now + timeToLive) }
    }

    func withdraw(_ names: [String]) {
        for name in names { known[name] = nil }
    }

    func entries() -> [DirectoryEntry] {
        let now = executor.now
        return known.filter { $0.value.expiry > now && $0.value.value.count <= DirectoryEntry.maximumByteCount }
            .prefix(DirectoryEntry.maximumCount).map { DirectoryEntry(name: $0.key, value: $0.value.value) }
    }
}
