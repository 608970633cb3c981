internal import EventLoop
internal import Logging

/// Queues, exchanges and bindings.
///
/// Each of these waits for a connection, and asks again if the connection breaks before the answer. A refusal is thrown and disturbs nothing
/// else: the questions have channels of their own.
extension RabbitMQConnection {
    /// Makes a queue, or checks that it is as declared; remembers it, and declares it again after every reconnect.
    ///
    /// - Parameter deadline: When to give up; by default after the configured operation timeout.
    /// - Throws: ``RabbitMQError/Code/preconditionFailed`` if the queue exists and is different;
    ///   ``RabbitMQError/Code/resourceLocked`` if it is exclusive to another connection.
    @discardableResult
    public func declareQueue(
        _ queue: QueueDeclaration, deadline: ContinuousClock.Instant? = nil
    ) async throws(RabbitMQError) -> QueueStatus {
        let answer = try await ask(deadline) { (channel, reply) throws(RabbitMQError) in try channel.declare(queue, reply: reply) }
        let status = try Self.queueStatus(answer)
        // A name that the broker made goes with the connection.
        if !queue.name.isEmpty { topology.remember(queue) }
        return status
    }

    /// Asks how many messages wait in a queue, and how many consumers it has.
    ///
    /// - Throws: ``RabbitMQError/Code/notFound`` if there is no such queue.
    public func queueStatus(
        of name: String, deadline: ContinuousClock.Instant? = nil
    ) async throws(RabbitMQError) -> QueueStatus {
        let answer = try await ask(deadline) { (channel, reply) throws(RabbitMQError) in
            try channel.inspectQueue(named: name, reply: reply)
        }
        return try Self.queueStatus(answer)
    }

    /// Removes a queue with its messages; that there is none is no error.
    ///
    /// - Parameters:
    ///   - ifUnused: Refuse if the queue has consumers.
    ///   - ifEmpty: Refuse if the queue has messages; quorum queues do not support it.
    /// - Returns: How many messages were in it.
    /// - Throws: ``RabbitMQError/Code/preconditionFailed`` if a condition is not met.
    @discardableResult
    public func deleteQueue(
        named name: String, ifUnused: Bool = false, ifEmpty: Bool = false, deadline: ContinuousClock.Instant? = nil
    ) async throws(RabbitMQError) -> Int {
        let answer = try await ask(deadline) { (channel, reply) throws(RabbitMQError) in
            try channel.deleteQueue(named: name, ifUnused: ifUnused, ifEmpty: ifEmpty, reply: reply)
        }
        topology.forgetQueue(named: name)
        return Self.messageCount(answer)
    }

    /// Removes the messages that wait in a queue.
    ///
    /// - Returns: How many there were.
    /// - Throws: ``RabbitMQError/Code/notFound`` if there is no such queue.
    @discardableResult
    public func purgeQueue(named name: String, deadline: ContinuousClock.Instant? = nil) async throws(RabbitMQError) -> Int {
        let answer = try await ask(deadline) { (channel, reply) throws(RabbitMQError) in
            try channel.purgeQueue(named: name, reply: reply)
        }
        return Self.messageCount(answer)
    }

    /// Makes an exchange, or checks that it is as declared; remembers it, and declares it again after every reconnect.
    ///
    /// - Throws: ``RabbitMQError/Code/preconditionFailed`` if the exchange exists and is different.
    public func declareExchange(_ exchange: ExchangeDeclaration, deadline: ContinuousClock.Instant? = nil) async throws(RabbitMQError) {
        _ = try await ask(deadline) { (channel, reply) throws(RabbitMQError) in try channel.declare(exchange, reply: reply) }
        topology.remember(exchange)
    }

    /// Removes an exchange; that there is none is no error.
    public func deleteExchange(named name: String, deadline: ContinuousClock.Instant? = nil) async throws(RabbitMQError) {
        _ = try await ask(deadline) { (channel, reply) throws(RabbitMQError) in try channel.deleteExchange(named: name, reply: reply) }
        topology.forgetExchange(named: name)
    }

    /// Has an exchange route messages to a queue; remembers it, and binds again after every reconnect.
    ///
    /// - Throws: ``RabbitMQError/Code/notFound`` if there is no such queue or exchange.
    public func bindQueue(_ binding: QueueBinding, deadline: ContinuousClock.Instant? = nil) async throws(RabbitMQError) {
        _ = try await ask(deadline) { (channel, reply) throws(RabbitMQError) in try channel.bind(binding, reply: reply) }
        topology.remember(binding)
    }

    private static func queueStatus(_ answer: InboundMethod) throws(RabbitMQError) -> QueueStatus {
        guard case .queue(let status) = answer else {
            throw RabbitMQError(.protocolViolation, "the broker answered the declaration of a queue with \(answer)")
        }
        return status
    }

    private static func messageCount(_ answer: InboundMethod) -> Int {
        if case .messageCount(let count) = answer { count } else { 0 }
    }

    // MARK: After a reconnect

    /// Declares everything again. What the broker refuses is logged, and left to whoever uses it.
    func restore(_ link: Link) async {
        let deadline = ContinuousClock.now + configuration.operationTimeout
        for exchange in topology.exchanges {
            await restore("exchange \(exchange.name)", link, deadline) { (channel, reply) throws(RabbitMQError) in
                try channel.declare(exchange, reply: reply)
            }
        }
        for queue in topology.queues {
            await restore("queue \(queue.name)", link, deadline) { (channel, reply) throws(RabbitMQError) in
                try channel.declare(queue, reply: reply)
            }
        }
        for binding in topology.bindings {
            await restore("binding of queue \(binding.queue)", link, deadline) { (channel, reply) throws(RabbitMQError) in
                try channel.bind(binding, reply: reply)
            }
        }
    }

    private func restore(_ what: String, _ link: Link, _ deadline: ContinuousClock.Instant, _ question: Question) async {
        while self.link === link {
            do throws(RabbitMQError) {
                _ = try await ask(link, until: deadline, question)
                return
            } catch {
                // The broker may not have noticed yet that the connection that owned the queue is gone.
                let isOurs = error.code == .resourceLocked && .now + Self.lockedPause < deadline
                guard isOurs, case .running = phase else {
                    logger.error("cannot declare again after a reconnect", metadata: ["what": "\(what)", "error": "\(error)"])
                    return
                }
            }
            try? await Task.sleep(for: Self.lockedPause)
        }
    }

    /// How long to wait before an exclusive queue is declared again that an earlier connection still owns.
    private static let lockedPause = Duration.milliseconds(50)

    // MARK: Questions

    typealias Question = (Channel, @escaping Channel.ReplyHandler) throws(RabbitMQError) -> Void

    /// Asks the broker something that can be asked again if the connection breaks.
    private func ask(_ deadline: ContinuousClock.Instant?, _ question: Question) async throws(RabbitMQError) -> InboundMethod {
        let deadline = deadline ?? .now + configuration.operationTimeout
        while true {
            let link = try await connectedLink(until: deadline)
            do throws(RabbitMQError) {
                return try await ask(link, until: deadline, question)
            } catch  where error.code == .connectionLost {
                continue
            }
        }
    }

    private func ask(_ link: Link, until deadline: ContinuousClock.Instant, _ question: Question) async throws(RabbitMQError)
        -> InboundMethod
    {
        let channel: Channel
        if let idle = idleChannels.popLast() { channel = idle } else { channel = try link.openChannel(handler: nil) }
        let answer = OneShot<Result<InboundMethod, RabbitMQError>>()
        try question(channel) { answer.succeed($0) }
        scheduleTurnEnd()
        let result = await wait(for: answer, until: deadline)
        if case .failure(let error) = result, channel.isOpen, error.code == .timedOut || error.code == .cancelled {
            // The answer may still come, and must not be taken for that to another question.
            attemptOnLink { () throws(RabbitMQError) in try channel.close() }
        } else if channel.isOpen, self.link === link {
            idleChannels.append(channel)
        }
        return try result.get()
    }

    private func wait(
        for answer: OneShot<Result<InboundMethod, RabbitMQError>>, until deadline: ContinuousClock.Instant
    ) async -> Result<InboundMethod, RabbitMQError> {
        let timer = loop.schedule(at: deadline) {
            answer.succeed(.failure(RabbitMQError(.timedOut, "the broker did not answer before the deadline")))
        }
        defer { timer.cancel() }
        do {
            return try await answer.wait()
        } catch {
            return .failure(RabbitMQError(.cancelled, "the task was cancelled while it waited for the broker's answer"))
        }
    }
}
