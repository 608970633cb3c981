import EventLoop
import MLServingCore
import Synchronization

/// A transport that does wrong what it is told to, and records what it is asked to do.
final class FaultyTransport: Transport, Broker, ResultStore {
    /// How a publish goes wrong.
    enum PublishFault: Sendable {
        /// The connection breaks, and the message is lost with it.
        case lost
        /// The connection breaks after the broker has taken the message.
        case taken
        /// The broker never answers.
        case unanswered
        /// The broker refuses it.
        case refused(TransportError.Code)
    }

    struct Faults: Sendable {
        /// What befalls the next publishes, one after the other.
        var publishes: [PublishFault] = []
        /// What is refused however often it is published, and why.
        var refusal: (@Sendable (Message, Route) -> TransportError.Code?)?
        /// How many times each operation of the store fails before it succeeds.
        var puts = 0
        var gets = 0
        var contains = 0
        /// How many times records go to a server that is no longer the store.
        var strayPuts = 0
        /// What happens after a look at whether there are keys, and before the answer is there.
        var afterLook: (@Sendable ([String]) async throws -> Void)?
        var dropsNotifications = false
        var isPushed = true
        /// Whether the broker stays away: setting up never ends.
        var isAway = false
        /// How many groups of replies are lost with their connection.
        var lostReplies = 0
        /// Why the transport cannot go on.
        var failure: TransportError?
    }

    enum Event: Sendable, Hashable {
        case put(stored: Bool)
        case acknowledged(Int)
        case rejected(Int)
        case published(id: String?)
    }

    let events = Recorded<Event>()
    private let base: any Transport
    private let faults: Mutex<Faults>

    init(_ base: any Transport, _ faults: Faults = Faults()) {
        self.base = base
        self.faults = Mutex(faults)
    }

    static let connectionLost = TransportError(code: .connectionLost, message: "the test broke the connection")

    var executor: any TimedExecutor { base.executor }
    var broker: any Broker { self }
    var store: any ResultStore { self }

    func run() async throws {
        if let failure = faults.withLock({ $0.failure }) { throw failure }
        try await base.run()
    }

    /// Makes other things go wrong from now on.
    func change(_ change: (inout Faults) -> Void) {
        faults.withLock { change(&$0) }
    }

    private func fail(_ count: WritableKeyPath<Faults, Int>) throws {
        let fails = faults.withLock { faults in
            guard faults[keyPath: count] > 0 else { return false }
            faults[keyPath: count] -= 1
            return true
        }
        if fails { throw Self.connectionLost }
    }

    // MARK: Broker

    func declare(_ queue: QueueDefinition) async throws -> QueueStatus {
        if faults.withLock({ $0.isAway }) { try await Gate().wait() }
        return try await base.broker.declare(queue)
    }

    func status(of queue: String) async throws -> QueueStatus {
        try await base.broker.status(of: queue)
    }

    func publish(_ message: Message, to route: Route, completion: @escaping @Sendable (Result<Void, TransportError>) -> Void) {
        events.append(.published(id: message.messageID))
        if let code = faults.withLock({ $0.refusal })?(message, route) {
            return executor.execute { completion(.failure(TransportError(code: code, message: "the test refuses it"))) }
        }
        switch faults.withLock({ $0.publishes.isEmpty ? nil : $0.publishes.removeFirst() }) {
        case nil: base.broker.publish(message, to: route, completion: completion)
        case .lost: executor.execute { completion(.failure(Self.connectionLost)) }
        case .taken: base.broker.publish(message, to: route) { _ in completion(.failure(Self.connectionLost)) }
        case .unanswered: break
        case .refused(let code): executor.execute { completion(.failure(TransportError(code: code, message: "the test refuses it"))) }
        }
    }

    func consume(_ queue: String, prefetch: Int) async throws -> any DeliverySource {
        RecordingSource(base: try await base.broker.consume(queue, prefetch: prefetch), events: events)
    }

    func openReplyChannel() async throws -> any ReplyChannel {
        FaultyReplyChannel(base: try await base.broker.openReplyChannel()) {
            do { try self.fail(\.lostReplies) } catch { return true }
            return false
        }
    }

    // MARK: Store

    func put(_ entries: [StoreEntry]) async throws -> [Bool] {
        do {
            try fail(\.strayPuts)
        } catch {
            events.append(.put(stored: true))
            return entries.map { _ in true }
        }
        do {
            try fail(\.puts)
        } catch {
            events.append(.put(stored: false))
            throw error
        }
        let stored = try await base.store.put(entries)
        for isStored in stored { events.append(.put(stored: isStored)) }
        return stored
    }

    func get(_ keys: [String]) async throws -> [[UInt8]?] {
        try fail(\.gets)
        return try await base.store.get(keys)
    }

    func contains(_ keys: [String]) async throws -> [Bool] {
        try fail(\.contains)
        let answers = try await base.store.contains(keys)
        let afterLook = faults.withLock { $0.afterLook }
        try await afterLook?(keys)
        return answers
    }

    func remove(_ keys: [String]) {
        base.store.remove(keys)
    }

    func serverRun(forKeysWithPrefix prefix: String) async throws -> String? {
        try await base.store.serverRun(forKeysWithPrefix: prefix)
    }

    func withNotifications<Outcome: Sendable>(
        forKeysWithPrefix prefix: String,
        body: @Sendable (any NotificationSource) async throws -> Outcome
    ) async throws -> Outcome {
        let (drops, isPushed) = faults.withLock { ($0.dropsNotifications, $0.isPushed) }
        guard drops || !isPushed else { return try await base.store.withNotifications(forKeysWithPrefix: prefix, body: body) }
        return try await body(SilentSource(isPushed: isPushed))
    }
}

private struct RecordingSource: DeliverySource {
    let base: any DeliverySource
    let events: Recorded<FaultyTransport.Event>

    func next() async throws -> [Delivery] {
        try await base.next()
    }

    func acknowledge(_ tags: [DeliveryTag]) {
        base.acknowledge(tags)
        events.append(.acknowledged(tags.count))
    }

    func reject(_ tags: [DeliveryTag], requeue: Bool) {
        base.reject(tags, requeue: requeue)
        events.append(.rejected(tags.count))
    }

    func cancel() async {
        await base.cancel()
    }

    var registration: Registration { base.registration }
}

private struct FaultyReplyChannel: ReplyChannel {
    let base: any ReplyChannel
    let loses: @Sendable () -> Bool

    func publish(_ message: Message, to route: Route, completion: @escaping @Sendable (Result<Void, TransportError>) -> Void) {
        base.publish(message, to: route, completion: completion)
    }

    func next() async throws -> Replies {
        let replies = try await base.next()
        return loses() ? Replies(messages: [], mayHaveMissed: true) : replies
    }
}

private struct SilentSource: NotificationSource {
    let isPushed: Bool

    func next() async throws -> Notifications {
        try await Gate().wait()
        return Notifications(keys: [])
    }
}
