internal import DequeModule

/// The records that a consumer has yet to store: which are written next, and what becomes of those that the store does not take.
///
/// Each record is judged by itself. What fails for the moment is written again, later each time, until nobody waits for it any more. What was in
/// flight when the connection broke is written again in halves, until whatever breaks connections stands alone. Does no I/O and knows no clock.
struct PendingResults {
    typealias Instant = ContinuousClock.Instant

    /// A record to be stored.
    struct Item: Sendable {
        let entry: StoreEntry
        /// The request that the record answers; `nil` for an output that is kept for later inputs, which is worth one try.
        let request: UInt64?
        /// When nobody waits for the record any more. Each is tried at least once.
        let expiry: Instant
        fileprivate(set) var backoff = Backoff(maximum: .seconds(2))
        /// How many connections broke while the record was in flight and nothing else was written.
        fileprivate(set) var losses = 0
        fileprivate(set) var lastError: TransportError?

        /// How many connections it may cost.
        ///
        /// Redis breaks a connection over a value that is too large, and its limit is never below 1 MiB. That a small record is to blame takes
        /// more evidence than that of a network that fails twice.
        fileprivate var maximumLosses: Int { entry.value.count >= 256 << 10 ? 2 : 8 }
    }

    /// What is to be done next.
    enum Action: Sendable {
        case write([Item])
        case wait(until: Instant)
        case idle
    }

    /// What has become of a record.
    enum Verdict: Sendable {
        /// The store has it; as a duplicate where the key was taken.
        case stored(request: UInt64, isDuplicate: Bool)
        /// The store will never take it.
        case refused(request: UInt64, byteCount: Int, TransportError)
        /// The store did not take it while somebody waited for it.
        case expired(request: UInt64, TransportError)
        /// An output that is not kept for later inputs.
        case notKept(TransportError)
    }

    /// Records that wait for another attempt.
    private struct Group {
        let due: Instant
        let items: [Item]
        /// Whether they may break a connection, and go by themselves.
        let isIsolated: Bool
    }

    private enum Lane: Int, CaseIterable { case small, large, isolated }

    /// A record from this size on goes alone, so that it holds up and endangers no other.
    static let largeBytes = 1 << 20
    private static let maximumBytes = 4 << 20
    private static let maximumCount = 1_024

    private var small = Deque<Item>()
    private var large = Deque<Item>()
    private var groups: [Group] = []
    private var lastLane = Lane.isolated
    /// Counts failures for the log, over all records.
    private var trouble = Backoff()

    /// Whether the last failure is worth a log line; see ``Backoff/isWorthLogging``.
    var isWorthLogging: Bool { trouble.isWorthLogging }

    mutating func add(_ entry: StoreEntry, of request: UInt64?, until expiry: Instant) {
        append(Item(entry: entry, request: request, expiry: expiry))
    }

    private mutating func append(_ item: Item) {
        if item.entry.value.count >= Self.largeBytes { large.append(item) } else { small.append(item) }
    }

    // MARK: What is next

    /// What to do now. The lanes take turns: none waits for another to be empty.
    mutating func next(at now: Instant) -> Action {
        let ready = groups.filter { $0.due <= now && !$0.isIsolated }
        groups.removeAll { $0.due <= now && !$0.isIsolated }
        for item in ready.flatMap(\.items) { append(item) }
        for step in 1...Lane.allCases.count {
            guard let lane = Lane(rawValue: (lastLane.rawValue + step) % Lane.allCases.count) else { continue }
            let items = take(from: lane, at: now)
            if items.isEmpty { continue }
            lastLane = lane
            return .write(items)
        }
        let expiries = groups.lazy.flatMap(\.items).filter { $0.lastError?.code != .notPermitted }.map(\.expiry)
        return [groups.lazy.map(\.due).min(), expiries.min()].compactMap { $0 }.min().map { .wait(until: $0) } ?? .idle
    }

    private mutating func take(from lane: Lane, at now: Instant) -> [Item] {
        switch lane {
        case .small:
            var (items, bytes) = ([Item](), 0)
            while items.count < Self.maximumCount, let next = small.first, items.isEmpty || bytes < Self.maximumBytes {
                bytes += next.entry.value.count
                items.append(next)
                small.removeFirst()
            }
            return items
        case .large:
            return large.popFirst().map { [$0] } ?? []
        case .isolated:
            guard let index = groups.firstIndex(where: { $0.isIsolated && $0.due <= now }) else { return [] }
            return groups.remove(at: index).items
        }
    }

    // MARK: What has come of it

    /// Takes the outcomes of what was to be written, or the error that concerns all of it.
    mutating func finish(
        _ items: [Item], _ result: Result<[StoreOutcome], TransportError>, at now: Instant,
        using generator: inout some RandomNumberGenerator
    ) -> [Verdict] {
        var verdicts: [Verdict] = []
        var (lost, failed) = ([Item](), [Item]())
        let silence = "the store has not told what became of the record"
        let unanswered = StoreOutcome.failed(TransportError(code: .unavailable, message: silence))
        for (index, item) in items.enumerated() {
            let outcome =
                switch result {
                case .success(let outcomes): outcomes.indices.contains(index) ? outcomes[index] : unanswered
                case .failure(let error): StoreOutcome.failed(error)
                }
            var item = item
            switch (outcome, item.request) {
            case (.stored, nil), (.taken, nil):
                break
            case (.failed(let error), nil):
                verdicts.append(.notKept(error))
            case (.stored, let request?):
                verdicts.append(.stored(request: request, isDuplicate: false))
            case (.taken, let request?):
                verdicts.append(.stored(request: request, isDuplicate: true))
            case (.failed(let error), let request?):
                item.lastError = error
                if error.code == .connectionLost {
                    if items.count == 1 { item.losses += 1 }
                    if item.losses >= item.maximumLosses {
                        verdicts.append(.refused(request: request, byteCount: item.entry.value.count, item.conviction(error)))
                    } else {
                        lost.append(item)
                    }
                } else if error.isTemporary || error.code == .notPermitted || result.concernsAll {
                    // Who is refused as a whole may be let in again: it is nothing that the record can help.
                    failed.append(item)
                } else {
                    verdicts.append(.refused(request: request, byteCount: item.entry.value.count, error))
                }
            }
        }
        retry(failed, at: now, isIsolated: false, using: &generator)
        for half in Self.halves(of: lost) { retry(half, at: now, isIsolated: true, using: &generator) }
        if !lost.isEmpty || !failed.isEmpty {
            _ = trouble.next(using: &generator)
        } else if groups.isEmpty {
            trouble.reset()
        }
        return verdicts
    }

    private static func halves(of items: [Item]) -> [[Item]] {
        let middle = (items.count + 1) / 2
        return [Array(items[..<middle]), Array(items[middle...])].filter { !$0.isEmpty }
    }

    /// Has records written again. Those that have failed equally often stay together.
    private mutating func retry(_ items: [Item], at now: Instant, isIsolated: Bool, using generator: inout some RandomNumberGenerator) {
        let rounds = Dictionary(grouping: items, by: \.backoff).sorted { $0.key.failures < $1.key.failures }
        for (backoff, items) in rounds {
            var backoff = backoff
            let due = now + backoff.next(using: &generator)
            let delayed = items.map { item in
                var item = item
                item.backoff = backoff
                return item
            }
            groups.append(Group(due: due, items: delayed, isIsolated: isIsolated))
        }
    }

    /// Gives up what nobody waits for any more, if it has been tried.
    ///
    /// Not what the consumer has no right to store: it would drop one request after the other, which another consumer could answer.
    mutating func expire(at now: Instant) -> [Verdict] {
        var verdicts: [Verdict] = []
        func isOver(_ item: Item) -> Bool {
            guard let error = item.lastError, let request = item.request, item.expiry <= now, error.code != .notPermitted else {
                return false
            }
            verdicts.append(.expired(request: request, error))
            return true
        }
        // Only what waits for another attempt has been tried.
        groups = groups.compactMap { group in
            guard group.items.contains(where: { $0.expiry <= now }) else { return group }
            let left = group.items.filter { !isOver($0) }
            return left.isEmpty ? nil : Group(due: group.due, items: left, isIsolated: group.isIsolated)
        }
        return verdicts
    }
}

extension PendingResults.Item {
    /// What a record is refused for that breaks every connection it is sent on.
    fileprivate func conviction(_ error: TransportError) -> TransportError {
        let explanation = "the connection broke each time the record was written; the server may not take values of that size"
        return TransportError(code: .tooLarge, message: "\(explanation) [\(error.message)]")
    }
}

extension Result {
    fileprivate var concernsAll: Bool {
        if case .failure = self { true } else { false }
    }
}
