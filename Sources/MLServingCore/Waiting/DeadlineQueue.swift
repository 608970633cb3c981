internal import HeapModule

/// Tells which of many waits end next. Waits that ended early are passed over, and swept out before they outnumber the live ones.
struct DeadlineQueue {
    private struct Entry: Comparable {
        let deadline: ContinuousClock.Instant
        let name: String

        static func < (left: Entry, right: Entry) -> Bool { left.deadline < right.deadline }
    }

    private var entries = Heap<Entry>()

    /// The earliest deadline, of a wait that may have ended.
    var first: ContinuousClock.Instant? { entries.min?.deadline }

    mutating func insert(_ name: String, deadline: ContinuousClock.Instant) {
        entries.insert(Entry(deadline: deadline, name: name))
    }

    /// Takes out the names whose deadline has come.
    mutating func popExpired(at now: ContinuousClock.Instant) -> [String] {
        var names: [String] = []
        while let entry = entries.min, entry.deadline <= now {
            names.append(entry.name)
            entries.removeMin()
        }
        return names
    }

    /// Keeps no more than about twice as many entries as there are live waits.
    mutating func compact(liveCount: Int, isLive: (String) -> Bool) {
        guard entries.count > 2 * liveCount + 64 else { return }
        entries = Heap(entries.unordered.filter { isLive($0.name) })
    }
}
