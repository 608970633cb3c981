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
        var publishRefusal: (@Sendable (Message, Route) -> TransportError.Code?)?
        /// How many times each operation of the store fails before it succeeds.
        var puts = 0
        var gets = 0
        var contains = 0
        /// Whether the store never answers what it is asked.
        var isMute = false
        /// Why the store does not take a record.
        var entryRefusal: (@Sendable (StoreEntry) -> TransportError?)?
        /// Whether the connection breaks over a record, and takes all with it that are written at the same time.
        var breaksConnection: (@Sendable (StoreEntry) -> Bool)?
        /// How many times records go to a server that is no longer the store.
        var strayPuts = 0
        /// What happens after a look at whether there are keys, and before the answer is there.
        var afterLook: (@Sendable ([String]) async throws -> Void)?
        /// What happens before records are written.
        var beforePut: (@Sendable () async throws -> Void)?
        /// What keys begin with that the store's access rules do not let this party ask about.
        var refusedPrefix: String?
        var dropsNotifications = false
        /// Whether announcements may be switched off by somebody who does not tell …
        var mayFallSilent = false
        /// … and whether they are.
        var isSilent = false
        /// Why a value cannot be read.
        var unreadable: (@Sendable (String) -> TransportError?)?
        var isPushed = true
        /// Whether the broker stays away: setting up never ends.
        var isAway = false
        /// The ids of messages that arrive without their bodies, as the client cannot take them.
        var defective: Set<String> = []
        /// How many groups of replies are lost with their connection.
        var lostReplies = 0
        /// Why the transport cannot go on …
        var failure: TransportError?
        /// … and what it waits for before it says so.
        var beforeFailure: (@Sendable () async throws -> Void)?
    }

    enum Event: Sendable, Hashable {
        case put(stored: Bool)
        case acknowledged(Int)
        case rejected(Int)
        case published(id: String?)
    }

    let events = Recorded<Event>()
    /// How many times it was asked whether it lets anything be published.
    let checks = Recorded<Void>()
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
        let (failure, beforeFailure) = faults.withLock { ($0.failure, $0.beforeFailure) }
        try await beforeFailure?()
        if let failure { throw failure }
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

    private func waitWhileMute() async throws {
        if faults.withLock({ $0.isMute }) { try await Gate().wait() }
    }

    // MARK: Broker

    func declare(_ queue: QueueDefinition) async throws -> QueueStatus {
        if faults.withLock({ $0.isAway }) { try await Gate().wait() }
        return try await base.broker.declare(queue)
    }

    func status(of queue: String) async throws -> QueueStatus {
        try await base.broker.status(of: queue)
    }

    func checkPublishing() async throws {
        checks.append(())
        let route = Route(routingKey: "check", isMandatory: false)
        if faults.withLock({ $0.publishRefusal })?(Message(body: []), route) == .notPermitted {
            throw TransportError(code: .notPermitted, message: "the test does not permit it")
        }
        try await base.broker.checkPublishing()
    }

    func publish(_ message: Message, to route: Route, completion: @escaping @Sendable (Result<Void, TransportError>) -> Void) {
        events.append(.published(id: message.messageID))
        if let code = faults.withLock({ $0.publishRefusal })?(message, route) {
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
        RecordingSource(base: try await base.broker.consume(queue, prefetch: prefetch), events: events) { delivery in
            guard let id = delivery.message.messageID, self.faults.withLock({ $0.defective.contains(id) }) else { return delivery }
            var delivery = delivery
            delivery.message.body = []
            delivery.defect = "the test spoiled it"
            return delivery
        }
    }

    func openReplyChannel() async throws -> any ReplyChannel {
        FaultyReplyChannel(base: try await base.broker.openReplyChannel()) {
            do { try self.fail(\.lostReplies) } catch { return true }
            return false
        }
    }

    // MARK: Store

    func probe() async throws {
        try await put([StoreEntry(key: "probe", value: [1], timeToLive: .seconds(1))])
    }

    func write(_ entries: [StoreEntry]) async throws -> [StoreOutcome] {
        try await faults.withLock { $0.beforePut }?()
        do {
            try fail(\.strayPuts)
        } catch {
            events.append(.put(stored: true))
            return entries.map { _ in .stored }
        }
        let (refusal, breaksConnection) = faults.withLock { ($0.entryRefusal, $0.breaksConnection) }
        do {
            try fail(\.puts)
            if let breaksConnection, entries.contains(where: breaksConnection) { throw Self.connectionLost }
        } catch {
            events.append(.put(stored: false))
            throw error
        }
        var outcomes: [StoreOutcome] = []
        for entry in entries {
            if let error = refusal?(entry) {
                outcomes.append(.failed(error))
            } else {
                outcomes += try await base.store.write([entry])
            }
        }
        for outcome in outcomes { events.append(.put(stored: outcome == .stored)) }
        return outcomes
    }

    func get(_ keys: [String]) async throws -> [[UInt8]?] {
        try await waitWhileMute()
        try fail(\.gets)
        return try await base.store.get(keys)
    }

    func read(_ keys: [String]) async throws -> [Result<[UInt8]?, TransportError>] {
        let unreadable = faults.withLock { $0.unreadable }
        let values = try await get(keys)
        return zip(keys, values).map { key, value in unreadable?(key).map { .failure($0) } ?? .success(value) }
    }

    func contains(_ keys: [String]) async throws -> [Bool] {
        try await waitWhileMute()
        try fail(\.contains)
        if let prefix = faults.withLock({ $0.refusedPrefix }), keys.contains(where: { $0.hasPrefix(prefix) }) {
            throw TransportError(code: .refused, message: "the test has no rights for \(prefix)")
        }
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
        let (drops, isPushed, mayFallSilent) = faults.withLock { ($0.dropsNotifications, $0.isPushed, $0.mayFallSilent) }
        if mayFallSilent {
            return try await base.store.withNotifications(forKeysWithPrefix: prefix) { source in
                try await body(MutableSource(base: source) { self.faults.withLock { $0.isSilent } })
            }
        }
        guard drops || !isPushed else { return try await base.store.withNotifications(forKeysWithPrefix: prefix, body: body) }
        return try await body(SilentSource(isPushed: isPushed))
    }
}

private struct RecordingSource: DeliverySource {
    let base: any DeliverySource
    let events: Recorded<FaultyTransport.Event>
    let spoil: @Sendable (Delivery) -> Delivery

    func next() async throws -> [Delivery] {
        try await base.next().map(spoil)
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

/// News that pass while nobody has switched them off.
private struct MutableSource: NotificationSource {
    let base: any NotificationSource
    let isSilent: @Sendable () -> Bool

    var isPushed: Bool {
        get async { await base.isPushed }
    }

    func next() async throws -> Notifications {
        while true {
            let news = try await base.next()
            if !isSilent() || news.mayHaveMissed { return news }
        }
    }
}

extension [FaultyTransport.Event] {
    var settlements: Int {
        reduce(0) { sum, event in
            if case .acknowledged(let count) = event { sum + count } else { sum }
        }
    }
}
