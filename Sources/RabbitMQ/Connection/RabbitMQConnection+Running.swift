internal import EventLoop
internal import Logging

/// Connecting, losing the connection, and stopping.
extension RabbitMQConnection {
    /// - Returns: Why the client cannot go on, or `nil` when it has been stopped.
    func keepConnected() async -> RabbitMQError? {
        var schedule = ReconnectSchedule(
            nodes: configuration.nodes, backoff: configuration.backoff, generator: SystemRandomNumberGenerator())
        while case .running = phase {
            switch schedule.next() {
            case .wait(let duration):
                // A cancelled task stops the client, which the loop sees.
                try? await Task.sleep(for: duration)
            case .connect(let nodes):
                let usefulCount = effects.statistics.usefulCount
                guard let lifetime = await serve(nodes) else {
                    if effects.statistics.connectCount == 0, let refusal { return refusal }
                    continue
                }
                schedule.connectionEnded(after: lifetime, wasUseful: effects.statistics.usefulCount > usefulCount)
            }
        }
        return nil
    }

    /// What makes further tries pointless, unless another node may do better.
    private var refusal: RabbitMQError? {
        if let failure = lastFailures.values.first(where: { $0.code == .authenticationFailed }) { return failure }
        let failures = configuration.nodes.map { lastFailures[$0] }
        return failures.allSatisfy { $0?.code == .tlsFailed } ? failures[0] : nil
    }

    /// - Returns: How long the connection lasted, or `nil` if there was none.
    private func serve(_ nodes: [RabbitMQNode]) async -> Duration? {
        guard let transport = await connect(toOneOf: nodes), case .running = phase else { return nil }
        let node = transport.node
        let beginning = ContinuousClock.now
        let link = adopt(transport)
        await restore(link)
        if self.link === link {
            isRestored = true
            logger.info("connected to RabbitMQ", metadata: ["node": "\(node)", "connects": "\(effects.statistics.connectCount)"])
            for consumer in consumers.values { start(consumer) }
            changed()
            scheduleTurnEnd()
            await withCheckedContinuation { continuation in
                // The look and the wait are one step: the link cannot be lost in between.
                if self.link === link { endOfLink = continuation } else { continuation.resume() }
            }
        }
        return ContinuousClock.now - beginning
    }

    private func connect(toOneOf nodes: [RabbitMQNode]) async -> Transport? {
        let race = ConnectionRace(
            nodes.map { Login(node: $0, configuration: configuration) }, loop: loop, headStart: configuration.connectTimeout / 10,
            timeout: configuration.connectTimeout
        )
        self.race = race
        defer { self.race = nil }
        let outcome = await race.run()
        if let lostNode, outcome.failures[lostNode] != nil { for publisher in allPublishers { publisher.brokerWasAway() } }
        for (node, error) in outcome.failures {
            lastFailures[node] = error
            logger.log(
                level: failures.isWorthLogging("\(node): \(error)") ? .warning : .debug, "connecting to RabbitMQ failed",
                metadata: ["node": "\(node)", "error": "\(error)"])
        }
        return outcome.transport
    }

    private func adopt(_ transport: Transport) -> Link {
        let link = Link(transport: transport, messageMaximum: configuration.messageMaximum)
        self.link = link
        lastFailures.removeAll()
        failures.reset()
        publishLimits.forget()
        effects.statistics.connectCount += 1
        watchedReadiness = transport.receiveNeeds
        loop.watch(transport.descriptor, for: watchedReadiness) { [weak self] readiness in
            self?.assumeIsolated { $0.socketReady(readiness) }
        }
        scheduleHeartbeat()
        watchForSilence()
        // The login may have read further than its own end.
        receive()
        return link
    }

    private func scheduleHeartbeat() {
        guard let interval = link?.transport.heartbeat, interval > .zero else { return }
        heartbeatTimer = loop.schedule(at: .now + interval / 2) { [weak self] in
            self?.assumeIsolated { $0.beat() }
        }
    }

    private func beat() {
        guard let link else { return }
        attemptOnLink { () throws(RabbitMQError) in try link.beat(isReading: !isReadingPaused) }
        if self.link === link { scheduleHeartbeat() }
    }

    // MARK: The end of a link

    /// Does something that fails only if the link does.
    func attemptOnLink(_ action: () throws(RabbitMQError) -> Void) {
        do throws(RabbitMQError) {
            try action()
            scheduleTurnEnd()
        } catch {
            lose(error)
        }
    }

    /// Ends the link, and tells everyone who relies on it.
    func lose(_ error: RabbitMQError) {
        guard let link else { return }
        self.link = nil
        lostNode = link.transport.node
        isRestored = false
        waitsForRoom = false
        isReadingPaused = false
        idleChannels.removeAll()
        heartbeatTimer?.cancel()
        silenceTimer?.cancel()
        closeTimer?.cancel()
        loop.unwatch(link.transport.descriptor)
        if case .running = phase {
            lastFailures[link.transport.node] = error
            logger.warning("lost the connection to RabbitMQ", metadata: ["node": "\(link.node)", "error": "\(error)"])
        }
        link.fail(error)
        act()
        changed()
        endOfLink?.resume()
        endOfLink = nil
    }

    /// Wakes whoever waits for a connection.
    func changed() {
        let waiters = changeWaiters
        changeWaiters.removeAll()
        for waiter in waiters.values { waiter.succeed() }
    }

    // MARK: Stopping

    /// Begins an orderly end: what is written is confirmed, then the broker is asked to close.
    func stop() {
        guard case .running = phase else { return }
        phase = .stopping
        race?.abandon()
        for publisher in allPublishers { publisher.failWaiting(Self.closedError) }
        for consumer in consumers.values { end(consumer, nil) }
        closeTimer =
            link == nil
            ? nil
            : loop.schedule(at: .now + configuration.closeTimeout) { [weak self] in
                self?.assumeIsolated { $0.lose(Self.closedError) }
            }
        changed()
        scheduleTurnEnd()
    }

    /// Takes the next step of closing, once nothing is left to do.
    func closeIfFinished() {
        guard case .stopping = phase, let link else { return }
        if link.isClosed { return lose(Self.closedError) }
        guard !link.isClosing, allPublishers.allSatisfy({ $0.unconfirmedCount == 0 }) else { return }
        attemptOnLink { () throws(RabbitMQError) in try link.beginClosing() }
    }

    /// Ends everything that still waits.
    func finish(_ error: RabbitMQError) {
        phase = .stopped(error)
        for publisher in allPublishers { publisher.failWaiting(error) }
        for consumer in consumers.values { end(consumer, error.code == .closed ? nil : error) }
        act()
        changed()
    }

    var allPublishers: [Publisher] {
        [publisher, exchangePublisher] + consumers.values.compactMap(\.publisher)
    }

    // MARK: Waiting for a connection

    /// The link, once there is one and it has been given back what was declared.
    func connectedLink(until deadline: ContinuousClock.Instant) async throws(RabbitMQError) -> Link {
        while true {
            switch phase {
            case .stopping: throw Self.closedError
            case .stopped(let error): throw error
            case .idle, .running: break
            }
            if let link, isRestored { return link }
            if Task.isCancelled { throw RabbitMQError(.cancelled, "the task was cancelled while it waited for a connection") }
            if deadline <= .now { throw notConnectedError }
            await waitForChange(until: deadline)
        }
    }

    private func waitForChange(until deadline: ContinuousClock.Instant) async {
        let number = makeNumber()
        let change = OneShot<Void>()
        changeWaiters[number] = change
        let timer = loop.schedule(at: deadline) { change.succeed() }
        try? await change.wait()
        timer.cancel()
        changeWaiters[number] = nil
    }

    var notConnectedError: RabbitMQError {
        if case .idle = phase { return RabbitMQError(.timedOut, "not connected: run() has not been called") }
        let answers = configuration.nodes.map { node in "\(node): \(lastFailures[node]?.message ?? "no answer yet")" }
        return RabbitMQError(.timedOut, "not connected to any node (\(answers.joined(separator: "; ")))")
    }
}
