internal import EventLoop
internal import Logging

/// Consuming queues.
extension RabbitMQConnection {
    /// Starts a consumer, and returns when the broker has registered it.
    ///
    /// - Parameters:
    ///   - queue: The queue.
    ///   - prefetch: How many deliveries may be open at once: what the broker hands out before the first is settled.
    ///   - exclusive: Whether the queue must have no other consumer.
    ///   - automaticAcknowledgement: Whether the broker forgets a message as it sends it; then nothing is settled, and `prefetch` bounds
    ///     nothing.
    ///   - arguments: Further arguments, such as `x-priority`.
    ///   - deadline: When to give up; by default after the configured operation timeout.
    /// - Throws: ``RabbitMQError/Code/notFound`` if there is no such queue; ``RabbitMQError/Code/accessRefused`` if the queue has an exclusive
    ///   consumer, or one in spite of `exclusive`.
    public func consume(
        _ queue: String, prefetch: Int, exclusive: Bool = false, automaticAcknowledgement: Bool = false, arguments: FieldTable = [:],
        deadline: ContinuousClock.Instant? = nil
    ) async throws(RabbitMQError) -> RabbitMQConsumer {
        guard let prefetch = UInt16(exactly: prefetch), prefetch > 0 else {
            throw RabbitMQError(.invalidArgument, "the prefetch must be 1 to 65535, not \(prefetch)")
        }
        let request = ConsumeRequest(
            queue: queue, prefetch: prefetch, isExclusive: exclusive, isAutomaticallyAcknowledged: automaticAcknowledgement,
            arguments: arguments)
        let consumer = try await consume(request, publisher: nil, deadline: deadline)
        return RabbitMQConsumer(connection: self, queue: queue, id: consumer.id, activation: consumer.activation)
    }

    func consume(
        _ request: ConsumeRequest, publisher: Publisher?, deadline: ContinuousClock.Instant?
    ) async throws(RabbitMQError) -> ConsumerCore {
        let deadline = deadline ?? .now + configuration.operationTimeout
        while true {
            _ = try await connectedLink(until: deadline)
            let consumer = ConsumerCore(id: Int(makeNumber()), request: request, publisher: publisher, effects: effects)
            consumers[consumer.id] = consumer
            do throws(RabbitMQError) {
                try await firstStart(of: consumer, until: deadline)
                return consumer
            } catch {
                consumers[consumer.id] = nil
                consumer.state = .ended(error)
                if let channel = consumer.channel { attemptOnLink { () throws(RabbitMQError) in try channel.close() } }
                guard error.code == .connectionLost else { throw error }
            }
        }
    }

    private func firstStart(of consumer: ConsumerCore, until deadline: ContinuousClock.Instant) async throws(RabbitMQError) {
        let started = OneShot<Result<Void, RabbitMQError>>()
        consumer.startWaiter = started
        let timer = loop.schedule(at: deadline) {
            started.succeed(.failure(RabbitMQError(.timedOut, "the broker did not start the consumer before the deadline")))
        }
        defer { timer.cancel() }
        start(consumer)
        let result: Result<Void, RabbitMQError>
        do {
            result = try await started.wait()
        } catch {
            result = .failure(RabbitMQError(.cancelled, "the task was cancelled while its consumer started"))
        }
        consumer.startWaiter = nil
        try result.get()
    }

    // MARK: Deliveries

    func nextDeliveries(of id: Int) async throws(RabbitMQError) -> [Delivery] {
        while let consumer = consumers[id] {
            if let deliveries = take(from: consumer) {
                forgetIfFinished(consumer)
                return deliveries
            }
            if case .ended(let error) = consumer.state {
                forgetIfFinished(consumer)
                if let error { throw error }
                return []
            }
            try await waitForNews(of: consumer)
        }
        return []
    }

    func take(from consumer: ConsumerCore) -> [Delivery]? {
        if isReadingPaused { scheduleTurnEnd() }
        return consumer.takeDeliveries()
    }

    func waitForNews(of consumer: ConsumerCore) async throws(RabbitMQError) {
        if Task.isCancelled { throw RabbitMQError(.cancelled, "the task was cancelled while it waited for deliveries") }
        guard consumer.waiter == nil else {
            throw RabbitMQError(.invalidArgument, "two tasks take the deliveries of queue \(consumer.request.queue)")
        }
        let news = OneShot<Void>()
        consumer.waiter = news
        // Cancellation is seen by the next look, after what has arrived by then.
        try? await news.wait()
        consumer.waiter = nil
    }

    // MARK: Settlements

    /// Tells the broker that deliveries are done with, together at the end of the loop's turn. For actors on the same loop.
    public func acknowledge(_ tags: [DeliveryTag], of consumer: RabbitMQConsumer) {
        for tag in tags { settle(tag, of: consumer, as: .acknowledge) }
    }

    /// Refuses a delivery: see ``RabbitMQConsumer/reject(_:requeue:)``. For actors on the same loop.
    public func reject(_ tag: DeliveryTag, of consumer: RabbitMQConsumer, requeue: Bool) {
        settle(tag, of: consumer, as: .reject(requeue: requeue))
    }

    /// Gives a delivery back unused: see ``RabbitMQConsumer/giveBack(_:)``. For actors on the same loop.
    public func giveBack(_ tag: DeliveryTag, of consumer: RabbitMQConsumer) {
        settle(tag, of: consumer, as: .giveBack)
    }

    func settle(_ tag: DeliveryTag, of consumer: RabbitMQConsumer, as verdict: SettlementTracker.Verdict) {
        guard let core = consumers[consumer.id] else {
            effects.statistics.staleSettlementCount += 1
            return
        }
        if core.settle(tag, as: verdict) { scheduleTurnEnd() }
    }

    func flushSettlements() throws(RabbitMQError) {
        for consumer in consumers.values where consumer.hasSettlements {
            try consumer.flushSettlements()
            forgetIfFinished(consumer)
        }
    }

    // MARK: Starting

    /// Starts a consumer, if there is a connection; the next connection does otherwise.
    func start(_ consumer: ConsumerCore) {
        guard let link, isRestored, case .waiting = consumer.state else { return }
        consumer.state = .starting
        guard consumer.mustDeclareQueue, let queue = topology.queue(named: consumer.request.queue) else {
            return attemptOnLink { () throws(RabbitMQError) in try open(consumer, on: link) }
        }
        Task {
            await restore(queue, on: link)
            guard case .starting = consumer.state, consumer.channel == nil else { return }
            guard self.link === link else {
                // The next connection has not started it, or has yet to.
                consumer.state = .waiting
                return start(consumer)
            }
            // Should the queue still not be there, the broker says so, and the next attempt follows.
            attemptOnLink { () throws(RabbitMQError) in try open(consumer, on: link) }
        }
    }

    private func open(_ consumer: ConsumerCore, on link: Link) throws(RabbitMQError) {
        guard case .starting = consumer.state, self.link === link else { return }
        let channel = try link.openChannel(handler: consumer)
        consumer.attach(channel, generation: makeNumber())
        limitStart(of: consumer.id, consumer.generation)
        if !consumer.request.isAutomaticallyAcknowledged { try channel.setPrefetch(consumer.request.prefetch) { _ in } }
        if consumer.publisher != nil { try channel.selectConfirms { _ in } }
        try channel.consume(consumer.request, tag: consumer.tag) { result in
            // A refusal closes the channel, which the consumer hears of too.
            guard case .success = result, case .starting = consumer.state else { return }
            consumer.state = .active
            consumer.attempts = 0
            consumer.mustDeclareQueue = false
            consumer.renewal = nil
            self.watchForIdleness(consumer)
            consumer.resumeStart(.success(()))
        }
    }

    /// Has a consumer that is started again not wait for ever: the broker does not answer while a quorum queue has no leader.
    private func limitStart(of id: Int, _ generation: UInt64) {
        loop.schedule(at: .now + configuration.operationTimeout) { [weak self] in
            self?.assumeIsolated { connection in
                guard let consumer = connection.consumers[id], consumer.generation == generation, case .starting = consumer.state,
                    consumer.startWaiter == nil
                else { return }
                consumer.abandonChannel(.timedOut, "the broker did not start the consumer; a quorum queue may have no leader")
                connection.act()
            }
        }
    }

    /// Decides what becomes of a consumer that has lost its channel. One that has been started once is never given up: its queue, or its
    /// permission, may come back.
    func interrupted(_ consumer: ConsumerCore, _ error: RabbitMQError) {
        consumer.renewal = nil
        switch consumer.state {
        case .ended: return forgetIfFinished(consumer)
        case .cancelling: return end(consumer, nil)
        case .waiting, .starting, .active: consumer.state = .waiting
        }
        if consumer.startWaiter != nil { return consumer.resumeStart(.failure(error)) }
        guard link != nil, error.code != .connectionLost else { return }
        consumer.attempts += 1
        effects.statistics.consumerRestartCount += 1
        warn(of: consumer, error)
        if error.code == .consumerCancelled || error.code == .notFound { consumer.mustDeclareQueue = true }
        var generator = SystemRandomNumberGenerator()
        var delay = configuration.backoff.delay(afterRounds: consumer.attempts - 1, using: &generator)
        if error.code == .consumerCancelled { delay = max(delay, configuration.deletionPause) }
        let id = consumer.id
        loop.schedule(at: .now + delay) { [weak self] in
            self?.assumeIsolated { connection in
                if let consumer = connection.consumers[id] { connection.start(consumer) }
            }
        }
    }

    /// The first, second, fourth, eighth and so on in a row: a queue may be away for long.
    private func warn(of consumer: ConsumerCore, _ error: RabbitMQError) {
        guard consumer.attempts & (consumer.attempts - 1) == 0 else { return }
        var metadata: Logger.Metadata = [
            "queue": "\(consumer.request.queue)", "attempt": "\(consumer.attempts)", "error": "\(error)",
        ]
        if error.isAcknowledgementTimeout {
            metadata["advice"] = "hold fewer deliveries, or raise the broker's consumer_timeout"
        }
        logger.warning("a consumer was interrupted, and is started again", metadata: metadata)
    }

    // MARK: Ending

    /// Stops a consumer: see ``RabbitMQConsumer/cancel()``.
    func cancel(_ handle: RabbitMQConsumer) async {
        guard let consumer = consumers[handle.id] else { return }
        consumer.renewal = nil
        guard case .active = consumer.state, let channel = consumer.channel else { return end(consumer, nil) }
        consumer.state = .cancelling
        attemptOnLink { () throws(RabbitMQError) in
            try channel.cancelConsumer(tag: consumer.tag) { _ in
                if case .cancelling = consumer.state { self.end(consumer, nil) }
            }
        }
        await withCheckedContinuation { continuation in
            // The look and the wait are one step: the consumer cannot end in between.
            if consumer.isEnded { continuation.resume() } else { consumer.endWaiters.append(continuation) }
        }
    }

    /// Stops a consumer at once: see ``RabbitMQConsumer/close()``. The broker is not waited for.
    func close(_ handle: RabbitMQConsumer) {
        guard let consumer = consumers[handle.id] else { return }
        end(consumer, nil)
        consumers[handle.id] = nil
        guard let channel = consumer.channel, channel.isOpen else { return }
        attemptOnLink { () throws(RabbitMQError) in
            // What has been settled must not come again.
            try consumer.flushSettlements()
            try channel.close()
        }
    }

    /// Ends a consumer; what has arrived is still handed out and can be settled.
    func end(_ consumer: ConsumerCore, _ error: RabbitMQError?) {
        guard !consumer.isEnded else { return }
        consumer.renewal = nil
        consumer.state = .ended(error)
        consumer.resumeStart(.failure(error ?? Self.closedError))
        consumer.resumeEndWaiters()
        consumer.publisher?.failWaiting(error ?? Self.closedError)
        consumer.wake()
        act()
    }

    private func forgetIfFinished(_ consumer: ConsumerCore) {
        guard consumer.isFinished, case .ended(nil) = consumer.state, !consumer.hasSettlements else { return }
        consumers[consumer.id] = nil
        if let channel = consumer.channel, channel.isOpen {
            attemptOnLink { () throws(RabbitMQError) in try channel.close() }
        }
    }
}
