internal import DequeModule

/// Which publishes of a channel the broker has not confirmed yet.
///
/// The broker numbers the publishes of a channel from 1, confirms them in any order, and may confirm all up to a number at once.
struct ConfirmTracker<Entry> {
    private var entries = Deque<Entry?>()
    private var first: UInt64 = 1
    private(set) var unconfirmedCount = 0

    /// From the oldest unconfirmed publish to the newest, with confirmed ones between: what the tracker's memory grows with.
    var span: Int { entries.count }

    /// Notes a publish, and returns its number.
    @discardableResult
    mutating func append(_ entry: Entry) -> UInt64 {
        entries.append(entry)
        unconfirmedCount += 1
        return first + UInt64(entries.count - 1)
    }

    /// Takes out what a confirmation covers; a number that is unknown or was confirmed before covers nothing.
    mutating func confirm(_ number: UInt64, multiple: Bool, _ take: (Entry) -> Void) {
        if multiple {
            // Zero means all.
            let count = number == 0 ? entries.count : min(Int(clamping: number &- first &+ 1), entries.count)
            guard number == 0 || number >= first else { return }
            for _ in 0..<count { takeFirst(take) }
        } else {
            guard number >= first, number - first < UInt64(entries.count) else { return }
            let index = Int(number - first)
            guard let entry = entries[index] else { return }
            entries[index] = nil
            unconfirmedCount -= 1
            take(entry)
        }
        while let oldest = entries.first, oldest == nil { dropFirst() }
    }

    /// Changes the oldest unconfirmed publish that `change` says it changed.
    mutating func update(_ change: (inout Entry) -> Bool) {
        for index in entries.indices where entries[index] != nil {
            guard var entry = entries[index], change(&entry) else { continue }
            entries[index] = entry
            return
        }
    }

    /// Changes every unconfirmed publish.
    mutating func updateAll(_ change: (inout Entry) -> Void) {
        for index in entries.indices {
            guard var entry = entries[index] else { continue }
            change(&entry)
            entries[index] = entry
        }
    }

    /// Takes out everything, oldest first: the channel is gone.
    mutating func removeAll(_ take: (Entry) -> Void) {
        while !entries.isEmpty { takeFirst(take) }
        first = 1
    }

    private mutating func takeFirst(_ take: (Entry) -> Void) {
        guard let entry = dropFirst() else { return }
        unconfirmedCount -= 1
        take(entry)
    }

    @discardableResult
    private mutating func dropFirst() -> Entry? {
        first += 1
        return entries.removeFirst()
    }
}
