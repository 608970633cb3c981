internal import EventLoop

/// A queue of requests that could not be served: to look at them, to have them served after all, or to drop them.
///
/// Letters are looked at in their order and stay; only replaying and dropping removes them. (A quorum queue of more than a thousand letters has
/// those that were looked at behind the others afterwards, when not all were.) While an operation runs, the
/// letters that it has looked at are kept from others, and when its process is killed they are back at once. Operations hold a page of
/// letters in memory, and look at those that wait when they begin, not at what comes while they run.
///
/// ```swift
/// let letters = DeadLetterQueue("task_queue.dead-letters", transport: transport)      // while transport.run() runs
/// for letter in try await letters.list(limit: 20) { print(letter.id, letter.reason) }
/// try await letters.replay(DeadLetterSelection(reason: "prediction_failed"))
/// ```
///
/// A quorum queue counts how often its messages were given back. Up to RabbitMQ 3 that has no consequences; RabbitMQ 4 drops a message after 20
/// times, unless the queue has another limit: see ``QueueDefinition/deliveryLimit``.
public struct DeadLetterQueue: Sendable {
    /// The queue's name.
    public let name: String

    /// Where letters are replayed to unless another queue is named: the one whose dead letters they are.
    public let requestQueue: String?

    /// How long a wait for letters may be in vain before the broker is asked whether there are any left.
    public var idleTimeout = Duration.seconds(1)

    /// How long to wait for the broker's first answer.
    public var patience = Duration.seconds(10)

    private let transport: any Transport
    private let answers: AnswerPolicy
    private let pageSize: Int

    /// Names a queue; nothing is asked of the broker yet.
    ///
    /// - Parameters:
    ///   - name: The queue, such as `task_queue.dead-letters`.
    ///   - requestQueue: Where letters are replayed to; by default the queue whose name, with `.dead-letters` behind it, is this one's.
    ///   - answers: Where the consumers of that queue send answers, as they are configured.
    ///   - transport: What to reach broker and store by; it has to be running.
    ///   - pageSize: How many letters are in memory at most, 1 to 65535. A selection that leaves most letters alone takes a channel of the
    ///     broker for each page.
    public init(
        _ name: String, requestQueue: String? = nil, answers: AnswerPolicy = AnswerPolicy(), transport: any Transport, pageSize: Int = 50
    ) {
        self.name = name
        self.requestQueue = requestQueue ?? Self.owner(of: name)
        self.answers = answers
        self.transport = transport
        self.pageSize = min(max(1, pageSize), 65_535)
    }

    private static func owner(of name: String) -> String? {
        let suffix = ".dead-letters"
        return name.hasSuffix(suffix) && name.count > suffix.count ? String(name.dropLast(suffix.count)) : nil
    }

    // MARK: Looking

    /// How many letters wait; those that somebody is looking at are not counted.
    ///
    /// - Throws: ``TransportError`` with `notFound` when there is no such queue.
    public func depth() async throws -> Int {
        do {
            let status = try await within(patience) { [transport, name] in try await transport.broker.status(of: name) }
            guard let status else {
                let message = await transport.explained("the broker gave no answer within \(patience)")
                throw TransportError(code: .unavailable, message: message)
            }
            return status.depth
        } catch let error as TransportError where error.code == .notFound {
            throw TransportError(
                code: .notFound, message: "there is no queue \(name): consumers make it when they start, unless they keep no dead letters")
        }
    }

    /// The oldest letters, without removing any.
    ///
    /// - Parameters:
    ///   - limit: How many to return at most. They are all in memory then; ``forEach(_:limit:body:)`` needs less of it.
    ///   - selection: Which letters.
    /// - Throws: ``TransportError``.
    public func list(_ selection: DeadLetterSelection = .all, limit: Int = 100) async throws -> [DeadLetter] {
        var letters: [DeadLetter] = []
        try await forEach(selection, limit: limit) { letters.append($0) }
        return letters
    }

    /// The oldest letter of an id, without removing it; `nil` when there is none.
    ///
    /// - Throws: ``TransportError``.
    public func letter(withID id: String) async throws -> DeadLetter? {
        try await list(DeadLetterSelection(ids: [id]), limit: 1).first
    }

    /// Shows letters one after another, the oldest first, without removing any.
    ///
    /// - Parameters:
    ///   - selection: Which letters.
    ///   - limit: How many at most; `nil`: all.
    ///   - body: Called with each. What it throws ends the operation.
    /// - Throws: ``TransportError``, or what `body` throws.
    @discardableResult
    public func forEach(
        _ selection: DeadLetterSelection = .all,
        limit: Int? = nil,
        body: (DeadLetter) throws -> Void
    ) async throws -> DeadLetterCount {
        try await walk(selection, limit: limit) { _, selected in
            for held in selected { try body(held.letter) }
        }
    }

    // MARK: Removing

    /// Publishes requests again, to be served after all.
    ///
    /// The bytes and headers are those of the original request, without its deadline and without what was added when it failed, so that it
    /// has all its attempts before it. The error that is stored as its result is removed, because the first result of a request wins; nothing else
    /// is. A letter goes only when the broker has confirmed the request: one that is under way when the process is killed may be replayed twice,
    /// under the same id.
    ///
    /// - Parameters:
    ///   - selection: Which letters.
    ///   - destination: The queue to publish to; `nil`: ``requestQueue``, whichever queue a letter says that it came from.
    ///   - timeToLive: How long a request may take; `nil`: as long as it likes.
    ///   - body: Called with each letter that was replayed.
    ///   - refused: Called with each letter that is not replayed because its body is gone (``DeadLetter/isBodyOmitted``): the request would not be
    ///     the original one. It stays, and ``DeadLetterCount/refused`` counts it.
    /// - Throws: ``TransportError`` when a letter cannot be published. It stays, and so do those that its turn had not come to; `body` has
    ///   been called with the ones that went.
    @discardableResult
    public func replay(
        _ selection: DeadLetterSelection = .all,
        to destination: String? = nil,
        timeToLive: Duration? = nil,
        body: (DeadLetter) throws -> Void = { _ in },
        refused: (DeadLetter) throws -> Void = { _ in }
    ) async throws -> DeadLetterCount {
        let replay = DeadLetterReplay(
            transport: transport, source: name, destination: destination ?? requestQueue, answers: answers, timeToLive: timeToLive)
        var refusedCount = 0
        var count = try await walk(selection) { reader, selected in
            let whole = selected.filter { !$0.letter.isBodyOmitted }
            let (replayed, failure) = try await replay.publish(whole.map(\.letter))
            let done = zip(whole, replayed).filter(\.1).map(\.0)
            reader.acknowledge(done)
            for held in done { try body(held.letter) }
            if let failure { throw failure }
            for held in selected where held.letter.isBodyOmitted {
                refusedCount += 1
                try refused(held.letter)
            }
        }
        count.refused = refusedCount
        return count
    }

    /// Removes letters for good.
    ///
    /// - Parameters:
    ///   - selection: Which letters.
    ///   - body: Called with each.
    /// - Throws: ``TransportError``, or what `body` throws.
    @discardableResult
    public func drop(_ selection: DeadLetterSelection, body: (DeadLetter) throws -> Void = { _ in }) async throws -> DeadLetterCount {
        try await walk(selection) { reader, selected in
            reader.acknowledge(selected)
            for held in selected { try body(held.letter) }
        }
    }

    // MARK: Going through

    /// Goes through the letters that wait now, and hands on those that are selected.
    private func walk(
        _ selection: DeadLetterSelection,
        limit: Int? = nil,
        body: (DeadLetterReader, [DeadLetterReader.HeldLetter]) async throws -> Void
    ) async throws -> DeadLetterCount {
        var count = DeadLetterCount(waiting: try await depth())
        var missing = selection.ids ?? []
        let reader = DeadLetterReader(
            broker: transport.broker, queue: name, depth: count.waiting, pageSize: pageSize, idleTimeout: idleTimeout)
        do {
            while case let left = limit.map({ $0 - count.selected }) ?? .max, left > 0,
                case let letters = try await reader.next(wanted: selection.isEverything ? left : .max), !letters.isEmpty
            {
                var selected: [DeadLetterReader.HeldLetter] = []
                for held in letters where selected.count < left {
                    count.seen += 1
                    guard selection.contains(held.letter) else { continue }
                    selected.append(held)
                    missing.remove(held.letter.id)
                }
                count.selected += selected.count
                try await body(reader, selected)
            }
        } catch {
            await reader.close(keepsOrder: !(error is CancellationError))
            throw error
        }
        await reader.close(keepsOrder: true)
        count.missingIDs = missing.sorted()
        return count
    }
}
