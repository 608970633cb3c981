internal import DequeModule

/// The commands of a connection between issue and reply: those that wait for their turn, and those that are sent and unanswered.
///
/// Bounds what is in flight, matches replies in order, and knows when patience ends. Patience grows with the bytes that move, so that large values
/// pass slow lines, and a server that is silent is given up as soon as ever. Does no I/O and knows no clock.
struct CommandQueue<Waiter> {
    typealias Instant = ContinuousClock.Instant

    /// What is sent in one piece and answered in one.
    enum Payload {
        case single(RedisCommand)
        case pipeline([RedisCommand])

        var byteCount: Int {
            switch self {
            case .single(let command): command.byteCount
            case .pipeline(let commands): commands.reduce(0) { $0 + $1.byteCount }
            }
        }

        var commandCount: Int {
            switch self {
            case .single: 1
            case .pipeline(let commands): commands.count
            }
        }
    }

    /// What a reply completes.
    enum Completion {
        /// Nothing yet, or nobody waits for it any more.
        case none
        case single(Waiter, RedisReply)
        case pipeline(Waiter, [RedisReply])
        /// Nothing was asked.
        case unsolicited
    }

    /// What the passing of time has ended.
    struct Expiry {
        /// Not sent, and not to be.
        var unsent: [Waiter] = []
        /// Sent; the connection is still trusted.
        var unanswered: [Waiter] = []
        /// The server owes a reply for too long.
        var connectionIsOverdue = false
    }

    private struct Waiting {
        let identifier: UInt64
        let payload: Payload
        let timeout: Duration
        let deadline: Instant
        /// Whether the deadline moves with the bytes.
        let isElastic: Bool
        /// The bytes that had moved by then.
        let moved: Int
        let waiter: Waiter
    }

    private struct InFlight {
        let identifier: UInt64
        let byteCount: Int
        let isPipeline: Bool
        var missing: Int
        var replies: [RedisReply] = []
        let sent: Instant
        let deadline: Instant
        let isElastic: Bool
        let connectionDeadline: Instant
        /// The bytes that had moved by the time that the limits count from.
        let moved: Int
        var waiter: Waiter?

        /// Takes a reply; whether it is the last.
        mutating func isComplete(with reply: RedisReply) -> Bool {
            missing -= 1
            if isPipeline, waiter != nil { replies.append(reply) }
            return missing == 0
        }
    }

    /// What a line carries at least, in bytes a millisecond: whatever moves faster is waited for.
    static var minimumRate: Int { 128 }

    private let maximumCommands: Int
    private let maximumBytes: Int
    private let patience: Duration
    private var waiting = Deque<Waiting>()
    private var inFlight = Deque<InFlight>()
    private var commandsInFlight = 0
    private var bytesInFlight = 0
    private var lastIdentifier: UInt64 = 0
    /// How many bytes have been written and read, on all connections.
    private var moved = 0
    private(set) var isOpen = false

    /// - Parameters:
    ///   - maximumCommands: How many commands may be unanswered.
    ///   - maximumBytes: How many bytes of commands may be unanswered.
    ///   - patience: How long the server may owe a reply, unless the command allows more.
    init(maximumCommands: Int, maximumBytes: Int, patience: Duration) {
        self.maximumCommands = maximumCommands
        self.maximumBytes = maximumBytes
        self.patience = patience
    }

    var hasUnanswered: Bool { !inFlight.isEmpty }
    /// When the command was sent that has been unanswered for longest.
    var oldestUnanswered: Instant? { inFlight.first?.sent }
    var waitingCount: Int { waiting.count }

    mutating func makeIdentifier() -> UInt64 {
        lastIdentifier += 1
        return lastIdentifier
    }

    // MARK: Sending

    /// Takes a command; identifiers must ascend.
    ///
    /// - Parameter isElastic: Whether its time limit grows with the bytes that move.
    /// - Returns: What to write now, if it is its turn at once.
    mutating func append(
        _ payload: Payload, identifier: UInt64, timeout: Duration, isElastic: Bool = true, now: Instant, waiter: Waiter
    ) -> Payload? {
        let deadline = now.advanced(by: timeout)
        if isOpen, waiting.isEmpty, fits(payload) {
            send(
                payload, identifier: identifier, timeout: timeout, deadline: deadline, isElastic: isElastic, now: now, waiter: waiter)
            return payload
        }
        waiting.append(
            Waiting(
                identifier: identifier, payload: payload, timeout: timeout, deadline: deadline, isElastic: isElastic, moved: moved,
                waiter: waiter))
        return nil
    }

    /// The next waiting command to write, if it is its turn.
    mutating func sendNext(now: Instant) -> Payload? {
        guard isOpen, let next = waiting.first, fits(next.payload) else { return nil }
        waiting.removeFirst()
        send(
            next.payload, identifier: next.identifier, timeout: next.timeout,
            // What has moved while it waited has prolonged its wait.
            deadline: limit(of: next), isElastic: next.isElastic, now: now, waiter: next.waiter
        )
        return next.payload
    }

    // What exceeds a bound by itself goes alone.
    private func fits(_ payload: Payload) -> Bool {
        if inFlight.isEmpty { return true }
        return commandsInFlight + payload.commandCount <= maximumCommands && bytesInFlight + payload.byteCount <= maximumBytes
    }

    private mutating func send(
        _ payload: Payload, identifier: UInt64, timeout: Duration, deadline: Instant, isElastic: Bool, now: Instant, waiter: Waiter
    ) {
        let isPipeline = if case .pipeline = payload { true } else { false }
        let entry = InFlight(
            identifier: identifier, byteCount: payload.byteCount, isPipeline: isPipeline, missing: payload.commandCount,
            sent: now, deadline: deadline, isElastic: isElastic, connectionDeadline: now.advanced(by: max(timeout, patience)),
            moved: moved, waiter: waiter
        )
        commandsInFlight += entry.missing
        bytesInFlight += entry.byteCount
        inFlight.append(entry)
    }

    // MARK: Replies

    /// Matches a reply with the oldest unanswered command.
    mutating func receive(_ reply: RedisReply) -> Completion {
        guard !inFlight.isEmpty else { return .unsolicited }
        commandsInFlight -= 1
        guard inFlight[0].isComplete(with: reply) else { return .none }
        let entry = inFlight.removeFirst()
        bytesInFlight -= entry.byteCount
        guard let waiter = entry.waiter else { return .none }
        return entry.isPipeline ? .pipeline(waiter, entry.replies) : .single(waiter, reply)
    }

    // MARK: Movement

    /// Counts bytes that have been written or read.
    mutating func move(_ count: Int) {
        moved &+= count
    }

    /// A time limit with the time that the bytes take that have moved since it was set.
    private func extended(_ deadline: Instant, since earlier: Int) -> Instant {
        deadline.advanced(by: .milliseconds((moved &- earlier) / Self.minimumRate))
    }

    private func limit(of entry: Waiting) -> Instant {
        entry.isElastic ? extended(entry.deadline, since: entry.moved) : entry.deadline
    }

    private func limit(of entry: InFlight) -> Instant {
        entry.isElastic ? extended(entry.deadline, since: entry.moved) : entry.deadline
    }

    /// When the connection is given up over a command, however long its own limit is.
    private func connectionLimit(of entry: InFlight) -> Instant {
        extended(entry.connectionDeadline, since: entry.moved)
    }

    // MARK: Ends

    /// Forgets who waits for a command. One that is sent keeps its place, and its reply is dropped.
    mutating func cancel(_ identifier: UInt64) -> Waiter? {
        if let index = Self.index(of: identifier, in: waiting, \.identifier) { return waiting.remove(at: index).waiter }
        guard let index = Self.index(of: identifier, in: inFlight, \.identifier) else { return nil }
        inFlight[index].replies = []
        return inFlight[index].waiter.take()
    }

    /// Ends the wait of all whose time is up.
    mutating func expire(now: Instant) -> Expiry {
        var expiry = Expiry()
        if waiting.contains(where: { limit(of: $0) <= now }) {
            expiry.unsent = waiting.filter { limit(of: $0) <= now }.map(\.waiter)
            waiting = Deque(waiting.filter { limit(of: $0) > now })
        }
        for index in inFlight.indices {
            if connectionLimit(of: inFlight[index]) <= now {
                expiry.connectionIsOverdue = true
            } else if limit(of: inFlight[index]) <= now, let waiter = inFlight[index].waiter.take() {
                inFlight[index].replies = []
                expiry.unanswered.append(waiter)
            }
        }
        return expiry
    }

    /// When ``expire(now:)`` has something to do next.
    var nextDeadline: Instant? {
        var earliest = waiting.lazy.map { limit(of: $0) }.min()
        for entry in inFlight {
            let connectionLimit = connectionLimit(of: entry)
            let deadline = entry.waiter == nil ? connectionLimit : min(limit(of: entry), connectionLimit)
            earliest = earliest.map { min($0, deadline) } ?? deadline
        }
        return earliest
    }

    /// Lets commands through, on a new connection.
    mutating func open() {
        isOpen = true
    }

    /// Holds commands back. Those that are sent may still be answered.
    mutating func hold() {
        isOpen = false
    }

    /// Takes out what was sent and will not be answered, oldest first.
    mutating func loseConnection() -> [Waiter] {
        isOpen = false
        defer {
            inFlight.removeAll()
            commandsInFlight = 0
            bytesInFlight = 0
        }
        return inFlight.compactMap(\.waiter)
    }

    /// Takes out what was not sent.
    mutating func removeWaiting() -> [Waiter] {
        defer { waiting.removeAll() }
        return waiting.map(\.waiter)
    }

    private static func index<Element>(of identifier: UInt64, in entries: Deque<Element>, _ key: (Element) -> UInt64) -> Int? {
        var (low, high) = (0, entries.count)
        while low < high {
            let middle = (low + high) / 2
            if key(entries[middle]) < identifier { low = middle + 1 } else { high = middle }
        }
        return low < entries.count && key(entries[low]) == identifier ? low : nil
    }
}
