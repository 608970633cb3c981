public import EventLoop

/// A broker and a store inside the process, with the semantics of the real ones: for development without servers, for tests, and for programs that
/// host their model themselves.
///
/// Queues are bounded and expire messages; what a consumer has not settled when its transport ends goes back to the queue; the first result
/// under a key wins; results end with their time to live. Nothing survives the process.
///
/// ```swift
/// let server = InMemoryServer()
/// let runner = ConsumerRunner(Shout(), transport: server.transport())
/// let client = ProducerClient<String, String>(transport: server.transport())
/// ```
public actor InMemoryServer {
    /// Where everything happens that goes through this server.
    public nonisolated let executor: any TimedExecutor

    /// The server's own executor.
    public nonisolated var unownedExecutor: UnownedSerialExecutor { executor.asUnownedSerialExecutor() }

    /// Where models are announced.
    nonisolated let directory: InMemoryDirectory

    private var queues: [String: InMemoryQueue] = [:]
    private var consumers: [UInt64: InMemoryConsumer] = [:]
    private var replyChannels: [String: InMemoryReplyChannel] = [:]
    private var records = InMemoryRecords()
    private let maximumRecordBytes: Int
    private var subscriptions: [UInt64: (prefix: String, notifications: KeyNotifications)] = [:]
    private var lastID: UInt64 = 0
    private var lastRun = 1
    private var completions: [@Sendable () -> Void] = []
    private var expiryTimers: [String: (expiry: ContinuousClock.Instant, timer: LoopTimer)] = [:]

    /// Makes a server.
    ///
    /// - Parameters:
    ///   - executor: Where it runs; by default on a thread of its own.
    ///   - maximumRecordBytes: The largest record that its store takes; by default as large as Redis takes.
    public init(executor: any TimedExecutor = EventLoop(name: "mlserving-memory"), maximumRecordBytes: Int = 512 << 20) {
        self.executor = executor
        directory = InMemoryDirectory(executor: executor)
        self.maximumRecordBytes = maximumRecordBytes
    }

    /// A connection to this server, for one consumer or one producer.
    public nonisolated func transport() -> any Transport {
        InMemoryTransport(server: self)
    }

    func nextID() -> UInt64 {
        lastID += 1
        return lastID
    }

    // MARK: Queues

    func declare(_ definition: QueueDefinition) throws(TransportError) -> QueueStatus {
        if let queue = queues[definition.name], queue.definition != definition {
            throw TransportError(code: .mismatch, message: "queue \(definition.name) exists with other properties")
        }
        if queues[definition.name] == nil {
            queues[definition.name] = InMemoryQueue(definition)
            resume(consumers.values.filter { $0.queue == definition.name && !$0.isCancelled }, of: definition.name)
        }
        return try status(of: definition.name)
    }

    /// Deletes a queue with everything in it, as an operator may. Those who consume it declare it again a moment later, as the consumers of a
    /// real broker do.
    ///
    /// - Parameters:
    ///   - name: The queue's name.
    ///   - ifUnused: Only if it is empty, and nothing of it is unsettled.
    public func deleteQueue(_ name: String, ifUnused: Bool = false) {
        let isUsed = queues[name].map { $0.depth > 0 } == true || consumers.values.contains { $0.queue == name && !$0.unsettled.isEmpty }
        if ifUnused, isUsed { return }
        guard let definition = queues.removeValue(forKey: name)?.definition else { return }
        for consumer in consumers.values where consumer.queue == name { consumer.loseQueue(at: executor.now) }
        executor.schedule(at: executor.now + .milliseconds(100)) { [weak self] in
            self?.assumeIsolated { server in
                let consumers = server.consumers.values.filter { $0.queue == name && !$0.isCancelled }
                guard !consumers.isEmpty, server.queues[name] == nil else { return }
                server.queues[name] = InMemoryQueue(definition)
                server.resume(consumers, of: name)
            }
        }
    }

    /// Has the consumers of a queue that was deleted consume the new one.
    private func resume(_ consumers: [InMemoryConsumer], of name: String) {
        for consumer in consumers { consumer.findQueue(at: executor.now) }
        dispatch(name)
    }

    func status(of name: String) throws(TransportError) -> QueueStatus {
        expire(in: name)
        guard let queue = queues[name] else { throw TransportError(code: .notFound, message: "there is no queue \(name)") }
        return QueueStatus(depth: queue.depth, consumers: consumers.values.count { $0.queue == name && !$0.isCancelled })
    }

    func publish(_ message: Message, to route: Route, completion: @escaping @Sendable (Result<Void, TransportError>) -> Void) {
        let result = Result { () throws(TransportError) in try accept(message, to: route) }
        // The answer comes when the caller's turn is over, as from a real broker, so that a caller never hears it inside its own call.
        if completions.isEmpty {
            executor.atEndOfTurn { [weak self] in self?.assumeIsolated { $0.complete() } }
        }
        completions.append { completion(result) }
    }

    private func complete() {
        let ready = completions
        completions = []
        for completion in ready { completion() }
    }

    private func accept(_ message: Message, to route: Route) throws(TransportError) {
        if let channel = replyChannels[route.routingKey] { return channel.replies.append(message) }
        guard route.exchange.isEmpty, queues[route.routingKey] != nil else {
            let target = route.exchange.isEmpty ? "queue \(route.routingKey)" : "\(route.routingKey) at exchange \(route.exchange)"
            throw TransportError(code: .unroutable, message: "there is no \(target)")
        }
        try enqueue(message, in: route.routingKey)
    }

    private func enqueue(_ message: Message, in name: String) throws(TransportError) {
        expire(in: name)
        let dropped = try queues[name]?.append(message, at: executor.now) ?? []
        deadLetter(dropped, from: name, reason: "maxlen")
        dispatch(name)
    }

    /// Hands waiting messages to consumers that have room for them, in turn.
    private func dispatch(_ name: String) {
        var candidates = consumers.values.filter { $0.queue == name && $0.hasRoom }.sorted { $0.lastServed < $1.lastServed }
        while !candidates.isEmpty {
            expire(in: name)
            guard let entry = queues[name]?.popFirst() else { return }
            let consumer = candidates.removeFirst()
            consumer.deliver(entry, number: nextID())
            if consumer.hasRoom { candidates.append(consumer) }
        }
        watchExpiry(of: name)
    }

    private func expire(in name: String) {
        guard let expired = queues[name]?.popExpired(at: executor.now), !expired.isEmpty else { return }
        deadLetter(expired, from: name, reason: "expired")
    }

    /// Messages expire when they reach the head of the queue, as they do in RabbitMQ.
    private func watchExpiry(of name: String) {
        guard let expiry = queues[name]?.headExpiry else { return }
        if let armed = expiryTimers[name], armed.timer.isPending {
            if armed.expiry <= expiry { return }
            armed.timer.cancel()
        }
        let timer = executor.schedule(at: expiry) { [weak self] in
            self?.assumeIsolated { server in
                server.expire(in: name)
                server.watchExpiry(of: name)
            }
        }
        expiryTimers[name] = (expiry, timer)
    }

    private func deadLetter(_ entries: [InMemoryQueue.Entry], from name: String, reason: String) {
        guard let target = queues[name]?.definition.deadLetterQueue, queues[target] != nil, target != name else { return }
        for entry in entries {
            var message = entry.message
            message.timeToLive = nil
            message.headers["x-first-death-queue"] = .string(name)
            message.headers["x-first-death-reason"] = .string(reason)
            // A dead-letter queue that is full loses the message, as RabbitMQ does by default.
            try? enqueue(message, in: target)
        }
    }

    // MARK: Consumers

    func consume(_ queue: String, prefetch: Int) throws(TransportError) -> InMemoryConsumer {
        guard queues[queue] != nil else { throw TransportError(code: .notFound, message: "there is no queue \(queue)") }
        let consumer = InMemoryConsumer(id: nextID(), queue: queue, prefetch: max(1, prefetch), server: self)
        consumers[consumer.id] = consumer
        dispatch(queue)
        return consumer
    }

    func acknowledge(_ tags: [DeliveryTag], of consumer: InMemoryConsumer) {
        for tag in tags { consumer.unsettled[tag.number] = nil }
        dispatch(consumer.queue)
    }

    func reject(_ tags: [DeliveryTag], requeue: Bool, of consumer: InMemoryConsumer) {
        let entries = tags.compactMap { consumer.unsettled.removeValue(forKey: $0.number) }
        if requeue {
            queues[consumer.queue]?.putBack(entries)
        } else {
            deadLetter(entries, from: consumer.queue, reason: "rejected")
        }
        dispatch(consumer.queue)
    }

    func cancel(_ consumer: InMemoryConsumer) {
        consumer.end(at: executor.now)
    }

    /// Ends a consumer as a lost connection would.
    func close(_ consumer: InMemoryConsumer) {
        cancel(consumer)
        consumers[consumer.id] = nil
        queues[consumer.queue]?.putBack(Array(consumer.unsettled.values))
        consumer.unsettled = [:]
        dispatch(consumer.queue)
    }

    // MARK: Replies

    func openReplyChannel() -> InMemoryReplyChannel {
        let channel = InMemoryReplyChannel(address: "amq.rabbitmq.reply-to.\(nextID())", server: self)
        replyChannels[channel.address] = channel
        return channel
    }

    func close(_ channel: InMemoryReplyChannel) {
        replyChannels[channel.address] = nil
        channel.replies.finish()
    }

    // MARK: Records

    func write(_ entries: [StoreEntry]) -> [StoreOutcome] {
        entries.map { entry in
            guard entry.value.count <= maximumRecordBytes else {
                let sizes = "\(entry.value.count) bytes, the store takes \(maximumRecordBytes)"
                return .failed(TransportError(code: .tooLarge, message: "the record is too large: \(sizes)"))
            }
            guard records.put(entry, at: executor.now) else { return .taken }
            for subscription in subscriptions.values where entry.key.hasPrefix(subscription.prefix) {
                subscription.notifications.add(entry.key)
            }
            return .stored
        }
    }

    /// Forgets every record, as a store does that restarts without having kept its data.
    public func loseRecords() {
        records = InMemoryRecords()
        lastRun += 1
        for subscription in subscriptions.values { subscription.notifications.addMissed() }
    }

    var run: String { "run \(lastRun)" }

    func get(_ keys: [String]) -> [[UInt8]?] {
        keys.map { records.value(of: $0, at: executor.now) }
    }

    func remove(_ keys: [String]) {
        for key in keys { records.remove(key) }
    }

    func subscribe(toPrefix prefix: String) -> (id: UInt64, notifications: KeyNotifications) {
        let (id, notifications) = (nextID(), KeyNotifications())
        subscriptions[id] = (prefix, notifications)
        return (id, notifications)
    }

    func unsubscribe(_ id: UInt64) {
        subscriptions[id] = nil
    }
}
