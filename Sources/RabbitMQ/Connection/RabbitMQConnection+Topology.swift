internal import EventLoop
internal import Logging

/// Queues, exchanges and bindings.
///
/// Each of these waits for a connection, and asks again if the connection breaks before the answer. A refusal is thrown and disturbs nothing
/// else: the questions have channels of their own.
extension RabbitMQConnection {
    /// Makes a queue, or checks that it is as declared; remembers it, and declares it again after every reconnect.
    ///
    /// - Parameters:
    ///   - conflict: What to do if the queue exists and is different, or the user may not declare it.
    ///   - deadline: When to give up; by default after the configured operation timeout.
    /// - Throws: ``RabbitMQError/Code/preconditionFailed`` if the queue exists and is different;
    ///   ``RabbitMQError/Code/accessRefused`` if the user may not declare it;
    ///   ``RabbitMQError/Code/resourceLocked`` if it is exclusive to another connection.
    @discardableResult
    public func declareQueue(
        _ queue: QueueDeclaration, conflict: DeclarationConflict = .refuse, deadline: ContinuousClock.Instant? = nil
    ) async throws(RabbitMQError) -> QueueStatus {
        let answer: InboundMethod
        do throws(RabbitMQError) {
            answer = try await ask(deadline) { (channel, reply) throws(RabbitMQError) in try channel.declare(queue, reply: reply) }
        } catch {
            guard case .useExisting(let isLogged) = conflict, error.isConflict else { throw error }
            return try await useExisting(queue, error, isLogged: isLogged, deadline)
        }
        let status = try Self.queueStatus(answer)
        // A name that the broker made goes with the connection.
        if !queue.name.isEmpty { topology.remember(queue) }
        return status
    }

    private func useExisting(
        _ queue: QueueDeclaration, _ refusal: RabbitMQError, isLogged: Bool, _ deadline: ContinuousClock.Instant?
    ) async throws(RabbitMQError) -> QueueStatus {
        let status: QueueStatus
        do throws(RabbitMQError) {
            status = try await queueStatus(of: queue.name, deadline: deadline)
        } catch {
            throw error.code == .notFound ? refusal : error
        }
        if topology.remember(queue, isUsedAsItIs: true), isLogged { warn("queue", queue.name, refusal) }
        return status
    }

    private func warn(_ what: String, _ name: String, _ refusal: RabbitMQError) {
        let advice =
            refusal.code == .accessRefused
            ? "the user may not declare it; grant the permission, or set QUEUE_DECLARE to passive"
            : "to change it, set a policy, or delete it, upon which it is declared anew"
        logger.warning(
            "the \(what) is not as declared, and is used as it is",
            metadata: [what: "\(name)", "error": "\(refusal)", "advice": "\(advice)"])
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
    /// - Parameter conflict: What to do if the exchange exists and is different, or the user may not declare it.
    /// - Throws: ``RabbitMQError/Code/preconditionFailed`` if the exchange exists and is different;
    ///   ``RabbitMQError/Code/accessRefused`` if the user may not declare it.
    public func declareExchange(
        _ exchange: ExchangeDeclaration, conflict: DeclarationConflict = .refuse, deadline: ContinuousClock.Instant? = nil
    ) async throws(RabbitMQError) {
        do throws(RabbitMQError) {
            _ = try await ask(deadline) { (channel, reply) throws(RabbitMQError) in try channel.declare(exchange, reply: reply) }
            topology.remember(exchange)
        } catch {
            guard case .useExisting(let isLogged) = conflict, error.isConflict else { throw error }
            do throws(RabbitMQError) {
                try await checkExchange(named: exchange.name, deadline: deadline)
            } catch let absence {
                throw absence.code == .notFound ? error : absence
            }
            if topology.remember(exchange, isUsedAsItIs: true), isLogged { warn("exchange", exchange.name, error) }
        }
    }

    /// Checks that an exchange exists.
    ///
    /// - Throws: ``RabbitMQError/Code/notFound`` if there is no such exchange.
    public func checkExchange(named name: String, deadline: ContinuousClock.Instant? = nil) async throws(RabbitMQError) {
        _ = try await ask(deadline) { (channel, reply) throws(RabbitMQError) in try channel.inspectExchange(named: name, reply: reply) }
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

    func ask(_ link: Link, until deadline: ContinuousClock.Instant, _ question: Question) async throws(RabbitMQError)
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
