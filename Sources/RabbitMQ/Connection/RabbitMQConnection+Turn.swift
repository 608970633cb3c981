internal import EventLoop
internal import Logging

/// What the loop calls, and what happens at the end of each of its turns.
extension RabbitMQConnection {
    func socketReady(_ readiness: Readiness) {
        guard let transport = link?.transport else { return }
        if !readiness.isDisjoint(with: transport.flushNeeds) { flush() }
        if readiness.contains(.failed) { isReadingPaused = false }
        if !readiness.isDisjoint(with: transport.receiveNeeds.union(.failed)) { receive() }
    }

    /// Handles everything that has arrived, then acts on it.
    func receive() {
        guard let link, !isReadingPaused else { return }
        let wasBlocked = link.blockage != nil
        do throws(RabbitMQError) {
            // What is left is in memory, so the socket will not report it.
            if try link.receive() { scheduleReceive() }
        } catch {
            return lose(error)
        }
        if wasBlocked != (link.blockage != nil) { blockageChanged(link) }
        act()
        scheduleTurnEnd()
    }

    private func scheduleReceive() {
        loop.schedule(at: .now) { [weak self] in self?.assumeIsolated { $0.receive() } }
    }

    private func blockageChanged(_ link: Link) {
        guard let blockage = link.blockage else {
            logger.notice("RabbitMQ takes messages again", metadata: ["node": "\(link.node)"])
            return
        }
        logger.warning("RabbitMQ takes no messages", metadata: ["node": "\(link.node)", "reason": "\(blockage.reason)"])
        armDeadlineTimer(blockage.since + configuration.blockedTimeout)
    }

    // MARK: Effects

    /// Tells everyone outside what has happened to them.
    ///
    /// Whoever is told may call the connection again at once; what that brings about is acted on in the same loop.
    func act() {
        guard !isActing else { return }
        isActing = true
        defer { isActing = false }
        while !effects.isEmpty {
            let interruptions = effects.interruptions
            effects.interruptions.removeAll()
            for (consumer, error) in interruptions { interrupted(consumer, error) }
            let wakeUps = effects.wakeUps
            effects.wakeUps.removeAll(keepingCapacity: true)
            for consumer in wakeUps { consumer.resumeWaiter() }
            let outcomes = effects.outcomes
            effects.outcomes.removeAll(keepingCapacity: true)
            for (completion, result) in outcomes { completion(result) }
        }
    }

    // MARK: The end of a turn

    /// Has everything that this turn brings about written at its end, together.
    func scheduleTurnEnd() {
        guard !isTurnEndScheduled else { return }
        isTurnEndScheduled = true
        loop.atEndOfTurn { [weak self] in self?.assumeIsolated { $0.endTurn() } }
    }

    private func endTurn() {
        isTurnEndScheduled = false
        var hasMore = false
        if let link, !link.isClosing {
            do throws(RabbitMQError) {
                try flushSettlements()
                hasMore = try pump(link)
            } catch {
                lose(error)
            }
        }
        flush()
        act()
        if hasMore, !waitsForRoom { scheduleTurnEnd() }
        closeIfFinished()
    }

    /// - Returns: Whether publishes wait for nothing but room.
    private func pump(_ link: Link) throws(RabbitMQError) -> Bool {
        guard isRestored, link.blockage == nil else { return false }
        for delay in [publisher, exchangePublisher].compactMap({ $0.takeDoubt() }) {
            loop.schedule(at: .now + delay) { [weak self] in self?.assumeIsolated { $0.giveUpDoubtedChannels() } }
        }
        for publisher in [publisher, exchangePublisher] where publisher.hasWaiting && !publisher.hasChannel {
            let channel = try link.openChannel(handler: publisher)
            try channel.selectConfirms { _ in }
            publisher.attach(channel, generation: 0)
        }
        defer { scheduleWakeUps() }
        let publishers = allPublishers
        guard let isolated = publishers.first(where: { $0.needsTheConnectionAlone && $0.hasChannel }) else {
            return publishers.reduce(false) { $1.pump() || $0 }
        }
        // Should the connection be lost now, it is known what for.
        let isAlone = publishers.allSatisfy { $0 === isolated || $0.unconfirmedCount == 0 } && !link.hasOpenQuestions
        return (isAlone || isolated.goesOnInCompany) && isolated.pump()
    }

    private func scheduleWakeUps() {
        for wakeUp in allPublishers.compactMap({ $0.takeWakeUp() }) {
            loop.schedule(at: wakeUp) { [weak self] in self?.assumeIsolated { $0.scheduleTurnEnd() } }
        }
    }

    private func giveUpDoubtedChannels() {
        for channel in [publisher, exchangePublisher].compactMap({ $0.giveUpChannel() }) {
            attemptOnLink { () throws(RabbitMQError) in try channel.close() }
        }
        act()
        scheduleTurnEnd()
    }

    private func flush() {
        guard let link else { return }
        do throws(RabbitMQError) {
            let mustWait = try !link.transport.flush()
            // What was held back can go on.
            if waitsForRoom, !mustWait { scheduleTurnEnd() }
            waitFor(room: mustWait, on: link)
        } catch {
            lose(error)
        }
    }

    private func waitFor(room mustWait: Bool, on link: Link) {
        let mustPause = consumers.values.contains { $0.isOverfull }
        if isReadingPaused, !mustPause { scheduleReceive() }
        waitsForRoom = mustWait
        isReadingPaused = mustPause
        let readiness = link.transport.flushNeeds.union(mustPause ? [] : link.transport.receiveNeeds)
        guard readiness != watchedReadiness else { return }
        watchedReadiness = readiness
        loop.setReadiness(readiness, of: link.transport.descriptor)
    }
}
