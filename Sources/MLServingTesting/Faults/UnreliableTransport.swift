public import EventLoop
public import MLServingCore
internal import Synchronization

/// A transport on which things go wrong by chance: messages are lost, doubled, held up and overtaken, connections break and come back.
///
/// It keeps the promises that a transport makes: what failed says so, deliveries that were not settled when the connection broke come again, and
/// whoever watches keys is told when there may be more than it has heard of. Over an ``/MLServingCore/InMemoryServer`` on a
/// ``SimulatedExecutor`` a seed decides everything that happens.
public final class UnreliableTransport: Transport, Broker, ResultStore {
    private enum Connection: Sendable {
        case none
        case up(any Transport)
        case closed
    }

    private struct State: Sendable {
        var faults: TransportFaults
        var connection = Connection.none
        var connectCount = 0
        /// When the last publish arrives: one does not overtake another.
        var lastArrival: ContinuousClock.Instant?
        var interruption: Mailbox<Void>?
        var links: [UInt64: @Sendable (any Transport) async -> Void] = [:]
        var lastLink: UInt64 = 0
        var waiters: [CheckedContinuation<Void, Never>] = []
    }

    static let lost = TransportError(code: .connectionLost, message: "the connection broke")
    static let away = TransportError(code: .unavailable, message: "the servers are away")
    static let full = TransportError(code: .unavailable, message: "the store is full")
    static let closed = TransportError(code: .closed, message: "the transport has been closed")

    /// Where everything happens.
    public let executor: any TimedExecutor
    private let connect: @Sendable () -> any Transport
    private let state: Mutex<State>

    /// Makes a transport.
    ///
    /// - Parameters:
    ///   - executor: That of the transports that `connect` makes.
    ///   - faults: What goes wrong.
    ///   - connect: Makes a reliable transport, which lasts as long as a connection.
    public init(on executor: any TimedExecutor, faults: TransportFaults, connect: @escaping @Sendable () -> any Transport) {
        self.executor = executor
        self.connect = connect
        state = Mutex(State(faults: faults))
    }

    /// This.
    public var broker: any Broker { self }
    /// This.
    public var store: any ResultStore { self }

    /// Changes what goes wrong from now on; a connection that is up breaks as it was going to.
    public func setFaults(_ faults: TransportFaults) {
        state.withLock { $0.faults = faults }
    }

    /// Breaks the connection, if there is one.
    public func interrupt() {
        state.withLock { $0.interruption }?.finish()
    }

    /// Ends as if the process had died: what has not left it never will.
    public func kill() {
        let (interruption, waiters) = state.withLock { state in
            state.connection = .closed
            defer { state.waiters = [] }
            return (state.interruption, state.waiters)
        }
        interruption?.finish()
        for waiter in waiters { waiter.resume() }
    }

    /// Whether it has been killed, or has ended.
    public var isClosed: Bool {
        state.withLock { if case .closed = $0.connection { true } else { false } }
    }

    // MARK: Chance

    var faults: TransportFaults { state.withLock { $0.faults } }

    func happens(_ probability: Double) -> Bool {
        guard probability > 0 else { return false }
        var generator = ExecutorRandomness(executor)
        return Double.random(in: 0..<1, using: &generator) < probability
    }

    func draw(_ range: ClosedRange<Duration>) -> Duration {
        if range.lowerBound == range.upperBound { return range.lowerBound }
        var generator = ExecutorRandomness(executor)
        return range.lowerBound + (range.upperBound - range.lowerBound) * Double.random(in: 0...1, using: &generator)
    }

    // MARK: Connections

    /// Connects, again and again.
    public func run() async throws {
        try await withTaskCancellationHandler {
            while !Task.isCancelled {
                guard await runConnection() else { break }
                try await executor.sleep(for: draw(faults.outage))
            }
        } onCancel: {
            kill()
        }
        try Task.checkCancellation()
        // Killed: nothing more happens until whoever killed it ends this task too.
        while true { try await executor.sleep(for: .seconds(3_600)) }
    }

    /// Runs one connection; `false` when there is to be no other.
    private func runConnection() async -> Bool {
        let transport = connect()
        let interruption = Mailbox<Void>()
        let (links, waiters) = state.withLock { state in
            if case .closed = state.connection { return (Optional<[@Sendable (any Transport) async -> Void]>.none, state.waiters) }
            state.connection = .up(transport)
            state.connectCount += 1
            state.interruption = interruption
            defer { state.waiters = [] }
            return (state.links.sorted { $0.key < $1.key }.map(\.value), state.waiters)
        }
        for waiter in waiters { waiter.resume() }
        guard let links else { return false }
        await withTaskGroup(of: Void.self) { group in
            group.addTask { try? await transport.run() }
            for link in links { await link(transport) }
            if let life = faults.connectionLife {
                group.addTask { [executor] in
                    try? await executor.sleep(for: self.draw(life))
                    interruption.finish()
                }
            }
            _ = try? await interruption.next()
            state.withLock { if case .up = $0.connection { $0.connection = .none } }
            group.cancelAll()
        }
        return true
    }

    /// Has something done on each connection, this one included.
    func link(_ body: @escaping @Sendable (any Transport) async -> Void) async -> UInt64 {
        let (id, transport) = state.withLock { state in
            state.lastLink += 1
            state.links[state.lastLink] = body
            if case .up(let transport) = state.connection { return (state.lastLink, Optional(transport)) }
            return (state.lastLink, nil)
        }
        if let transport { await body(transport) }
        return id
    }

    func unlink(_ id: UInt64) {
        state.withLock { $0.links[id] = nil }
    }

    /// The transport of the connection that is up.
    func current() throws(TransportError) -> any Transport {
        switch state.withLock({ $0.connection }) {
        case .up(let transport): return transport
        case .none: throw Self.away
        case .closed: throw Self.closed
        }
    }

    /// Waits for a connection, as setting up does.
    private func awaitConnection() async throws -> any Transport {
        while true {
            if let transport = try currentIfUp() { return transport }
            await withCheckedContinuation { continuation in
                let isOver = state.withLock { state in
                    guard case .none = state.connection else { return true }
                    state.waiters.append(continuation)
                    return false
                }
                if isOver { continuation.resume() }
            }
            try Task.checkCancellation()
        }
    }

    private func currentIfUp() throws(TransportError) -> (any Transport)? {
        switch state.withLock({ $0.connection }) {
        case .up(let transport): return transport
        case .none: return nil
        case .closed: throw Self.closed
        }
    }

    /// The connection to both servers.
    public var connections: [ConnectionState] {
        get async {
            state.withLock { state in
                var isUp = false
                if case .up = state.connection { isUp = true }
                return [ConnectionState(name: "simulated", isConnected: isUp, connectCount: state.connectCount)]
            }
        }
    }

    // MARK: Broker

    /// Declares when there is a connection.
    public func declare(_ queue: QueueDefinition) async throws -> QueueStatus {
        let transport = try await awaitConnection()
        return try await delayed { try await transport.broker.declare(queue) }
    }

    /// Asks, if there is a connection.
    public func status(of queue: String) async throws -> QueueStatus {
        let transport = try current()
        return try await delayed { try await transport.broker.status(of: queue) }
    }

    /// Publishes, or not, or twice.
    public func publish(_ message: Message, to route: Route, completion: @escaping @Sendable (Result<Void, TransportError>) -> Void) {
        executor.execute {
            if let error = self.refusal(of: message) { return self.executor.execute { completion(.failure(error)) } }
            self.send(completion) { $0.broker.publish(message, to: route, completion: $1) }
        }
    }

    /// Why the broker does not take a message, if it does not.
    func refusal(of message: Message) -> TransportError? {
        let faults = faults
        if let maximum = faults.maximumByteCount, message.body.count > maximum {
            return TransportError(code: .tooLarge, message: "the broker takes \(maximum) bytes, not \(message.body.count)")
        }
        return happens(faults.refusedPublishes) ? TransportError(code: .overloaded, message: "the broker is short of memory") : nil
    }

    /// Sends in order, with whatever goes wrong on the way.
    func send(
        _ completion: @escaping @Sendable (Result<Void, TransportError>) -> Void,
        _ publish: @escaping @Sendable (any Transport, @escaping @Sendable (Result<Void, TransportError>) -> Void) -> Void
    ) {
        let faults = faults
        let transport: any Transport
        do { transport = try current() } catch { return executor.execute { completion(.failure(error)) } }
        let arrival = state.withLock { state in
            let arrival = max(state.lastArrival ?? executor.now, executor.now + draw(faults.latency))
            state.lastArrival = arrival
            return arrival
        }
        let back = draw(faults.latency)
        let answer: @Sendable (Result<Void, TransportError>) -> Void = { [executor] result in
            executor.schedule(at: executor.now + back) { completion(result) }
        }
        let (isLost, isUnconfirmed, isDoubled) = (
            happens(faults.lostPublishes), happens(faults.lostConfirmations), happens(faults.duplicates)
        )
        executor.schedule(at: arrival) {
            if isLost || !self.isUp(transport) { return answer(.failure(Self.lost)) }
            if isDoubled { publish(transport) { _ in } }
            publish(transport) { answer(isUnconfirmed || !self.isUp(transport) ? .failure(Self.lost) : $0) }
        }
    }

    func isUp(_ transport: any Transport) -> Bool {
        guard case .up(let current) = state.withLock({ $0.connection }) else { return false }
        return current as AnyObject === transport as AnyObject
    }

    /// Consumes on each connection anew.
    public func consume(_ queue: String, prefetch: Int) async throws -> any DeliverySource {
        _ = try await awaitConnection()
        let source = UnreliableSource(transport: self, queue: queue, prefetch: prefetch)
        await source.open()
        return source
    }

    /// Opens a channel on each connection anew.
    public func openReplyChannel() async throws -> any ReplyChannel {
        _ = try await awaitConnection()
        let channel = UnreliableReplyChannel(transport: self)
        await channel.open()
        return channel
    }

    // MARK: Store

    /// Stores, or not, and may not say so.
    public func write(_ entries: [StoreEntry]) async throws -> [StoreOutcome] {
        let fails = entries.map { _ in happens(faults.recordFailures) }
        let left = zip(entries, fails).filter { !$0.1 }.map(\.0)
        var outcomes = try await command { try await $0.write(left) }[...]
        return fails.map { fails in fails ? .failed(Self.full) : outcomes.popFirst() ?? .failed(Self.full) }
    }

    /// Finds out what the store says.
    public func probe() async throws {
        try await command { try await $0.probe() }
    }

    /// Reads.
    public func get(_ keys: [String]) async throws -> [[UInt8]?] {
        try await command { try await $0.get(keys) }
    }

    /// Looks.
    public func contains(_ keys: [String]) async throws -> [Bool] {
        try await command { try await $0.contains(keys) }
    }

    /// Removes, perhaps.
    public func remove(_ keys: [String]) {
        if let transport = try? current(), !happens(faults.storeFailures) { transport.store.remove(keys) }
    }

    /// Asks which run of the server it is.
    public func serverRun(forKeysWithPrefix prefix: String) async throws -> String? {
        try await command { try await $0.serverRun(forKeysWithPrefix: prefix) }
    }

    private func command<Reply: Sendable>(_ body: (any ResultStore) async throws -> Reply) async throws -> Reply {
        let transport = try current()
        let (failsBefore, failsAfter) = (happens(faults.storeFailures / 2), happens(faults.storeFailures / 2))
        return try await delayed {
            if failsBefore || !isUp(transport) { throw Self.lost }
            let reply = try await body(transport.store)
            if failsAfter { throw Self.lost }
            return reply
        }
    }

    private func delayed<Reply>(_ body: () async throws -> Reply) async throws -> Reply {
        try await executor.sleep(for: draw(faults.latency))
        let reply = try await body()
        try await executor.sleep(for: draw(faults.latency))
        return reply
    }

    /// Watches on each connection anew.
    public func withNotifications<Outcome: Sendable>(
        forKeysWithPrefix prefix: String,
        body: @Sendable (any NotificationSource) async throws -> Outcome
    ) async throws -> Outcome {
        _ = try await awaitConnection()
        let watch = UnreliableWatch(transport: self, prefix: prefix)
        await watch.open()
        let result: Result<Outcome, any Error>
        do { result = .success(try await body(watch.notifications)) } catch { result = .failure(error) }
        watch.close()
        return try result.get()
    }
}
