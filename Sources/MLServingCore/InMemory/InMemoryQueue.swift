internal import DequeModule

/// A queue's messages, as a value: what comes in, in which order it goes out, what expires.
struct InMemoryQueue {
    struct Entry {
        let message: Message
        /// The order of arrival, which a message keeps when it is put back.
        let position: UInt64
        let expiry: ContinuousClock.Instant?
        /// How many times it was delivered and came back.
        var deliveryCount = 0
    }

    let definition: QueueDefinition
    private var waiting: Deque<Entry> = []
    private var lastPosition: UInt64 = 0

    init(_ definition: QueueDefinition) {
        self.definition = definition
    }

    var depth: Int { waiting.count }

    /// When the message at the head expires; `nil` when it does not, or there is none.
    var headExpiry: ContinuousClock.Instant? { waiting.first?.expiry }

    /// Takes a message in.
    ///
    /// - Returns: What had to make room for it.
    /// - Throws: `overloaded` when there is no room.
    mutating func append(_ message: Message, at now: ContinuousClock.Instant) throws(TransportError) -> [Entry] {
        var dropped: [Entry] = []
        if let maximum = definition.maximumLength, waiting.count >= maximum {
            guard definition.overflow == .dropOldest else {
                throw TransportError(
                    code: .overloaded, message: "queue \(definition.name) is full with \(maximum) messages; try again later")
            }
            dropped.append(contentsOf: waiting.prefix(waiting.count - maximum + 1))
            waiting.removeFirst(dropped.count)
        }
        lastPosition += 1
        let timeToLive = [message.timeToLive, definition.messageTimeToLive].compactMap { $0 }.min()
        waiting.append(Entry(message: message, position: lastPosition, expiry: timeToLive.map { now + $0 }))
        return dropped
    }

    mutating func popFirst() -> Entry? {
        waiting.popFirst()
    }

    /// Takes out what has expired at the head.
    mutating func popExpired(at now: ContinuousClock.Instant) -> [Entry] {
        var expired: [Entry] = []
        while let first = waiting.first, let expiry = first.expiry, expiry <= now {
            expired.append(first)
            waiting.removeFirst()
        }
        return expired
    }

    /// Puts deliveries back, each where it was.
    mutating func putBack(_ entries: [Entry]) {
        guard !entries.isEmpty else { return }
        let returned = entries.sorted { $0.position < $1.position }.map { entry in
            var entry = entry
            entry.deliveryCount += 1
            return entry
        }
        waiting.prepend(contentsOf: returned)
        if waiting.count > returned.count, returned[returned.count - 1].position > waiting[returned.count].position {
            waiting.sort { $0.position < $1.position }
        }
    }
}
