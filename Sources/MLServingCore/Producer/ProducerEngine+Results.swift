internal import EventLoop

/// Hearing of results, reading them, and noticing that the store has lost some.
extension ProducerEngine {
    func listen() async throws {
        switch configuration.resultMode {
        case .store:
            try await transport.store.withNotifications(forKeysWithPrefix: naming.keyPrefix) { source in
                // A loss of data can be noticed from before the first request on.
                await self.sweep()
                await self.beginListening(isPushed: await source.isPushed)
                while true { await self.take(try await source.next(), from: source) }
            }
        case .queue:
            let replies = try await transport.broker.openReplyChannel()
            self.replies = replies
            beginListening(isPushed: true)
            while true { take(try await replies.next()) }
        }
    }

    func beginListening(isPushed: Bool) {
        isListening = true
        note(announcements.storeSays(isPushed: isPushed))
        telemetry.ready()
        for lane in Array(lanes.all) { sendQueued(in: lane) }
    }

    func take(_ notifications: Notifications, from source: any NotificationSource) async {
        if !notifications.keys.isEmpty { hearAnnouncement() }
        for key in notifications.keys { inFlight[key]?.isAnnounced = true }
        if notifications.mayHaveMissed {
            note(announcements.storeSays(isPushed: await source.isPushed))
            await sweep(afterInterruption: true)
        } else {
            await read(notifications.keys.filter { inFlight[$0]?.isSubmission == false })
        }
    }

    private func note(_ change: Announcements.Change?) {
        if let change { telemetry.announcements(change, pollInterval: configuration.pollInterval) }
    }

    func hearAnnouncement() {
        note(announcements.heard(at: executor.now))
    }

    /// A look that began at an instant has found a result that nothing had been heard of: waits a moment for the announcement.
    func missAnnouncement(since start: ContinuousClock.Instant) {
        guard announcements.isExpected else { return }
        executor.schedule(at: executor.now + Announcements.patience) { [weak self] in
            self?.assumeIsolated { engine in engine.note(engine.announcements.foundUnannounced(at: start)) }
        }
    }

    /// The addresses of the results that somebody waits for.
    var awaited: [String] {
        inFlight.compactMap { $1.isSubmission ? nil : $0 }
    }

    /// Reads every result that somebody waits for. If the store may have lost some, asks again for those that are not there (G3).
    func sweep(afterInterruption: Bool = false) async {
        let waiting = awaited
        let start = executor.now
        let hasLostData = await storeHasLostData(afterInterruption: afterInterruption)
        let found = await read(waiting)
        // After an interruption nothing else is to be expected.
        if !afterInterruption, found.contains(where: { !$0.isAnnounced }) { missAnnouncement(since: start) }
        let isSecondLook = secondLook.map { $0 <= executor.now } ?? false
        if isSecondLook { secondLook = nil }
        if hasLostData { secondLook = executor.now + configuration.sweepInterval * 5 }
        guard hasLostData || isSecondLook else { return }
        let unanswered = waiting.compactMap { inFlight[$0] }
        telemetry.storeLostData(publishingAgain: unanswered.count)
        for waiter in unanswered { publish(waiter) }
    }

    /// Whether results may be gone. A store that does not let us leave a marker is taken to keep them, and one that is full, or away, has
    /// results all the same: it is asked again later.
    private func storeHasLostData(afterInterruption: Bool) async -> Bool {
        guard mayMark, afterInterruption || markerDue.map({ $0 <= executor.now }) ?? true else { return false }
        do {
            let hasLostData = try await marker.check(in: transport.store, at: executor.now, afterInterruption: afterInterruption)
            markerTrouble.reset()
            markerDue = nil
            return hasLostData
        } catch let error as TransportError where error.code == .refused {
            mayMark = false
            telemetry.lossesGoUnnoticed(error)
        } catch let error as TransportError where error.code == .closed {
            // The client ends.
        } catch {
            var randomness = ExecutorRandomness(executor)
            markerDue = executor.now + markerTrouble.next(using: &randomness)
            if markerTrouble.isWorthLogging { telemetry.markerFailed(error) }
        }
        return false
    }

    /// Reads results and hands them to their callers, each by itself.
    ///
    /// - Returns: Those who have a result now.
    @discardableResult
    func read(_ keys: [String]) async -> [Waiter] {
        var found: [Waiter] = []
        var rest = keys[...]
        while !rest.isEmpty {
            let some = Array(rest.prefix(512))
            rest = rest.dropFirst(512)
            let values: [Result<[UInt8]?, TransportError>]
            do {
                removeRead()
                values = try await transport.store.readApart(some)
                readObstacle = nil
                readTrouble.reset()
            } catch {
                readObstacle = error as? TransportError
                // The sweep reads them again.
                noteReadFailure(keys: some.count, error)
                return found
            }
            for (key, value) in zip(some, values) {
                switch value {
                case .success(nil):
                    break
                case .success(let value?):
                    if let waiter = inFlight[key] { found.append(waiter) }
                    keysRead.append(key)
                    finish(key, with: .success(value))
                case .failure(let error) where error.isTemporary:
                    readObstacle = error
                    noteReadFailure(keys: 1, error)
                case .failure(let error):
                    finish(key, with: .failure(ServingError.unreadable(under: key, error)))
                }
            }
            scheduleRemoval()
        }
        return found
    }

    private func noteReadFailure(keys: Int, _ error: any Error) {
        // The client ends.
        if (error as? TransportError)?.code == .closed { return }
        var randomness = ExecutorRandomness(executor)
        _ = readTrouble.next(using: &randomness)
        if readTrouble.isWorthLogging { telemetry.readFailed(keys: keys, error) }
    }

    /// Has results that have been read removed: together with the next look for results, or now if there will be none.
    private func scheduleRemoval() {
        guard !keysRead.isEmpty, !isRemovalScheduled else { return }
        isRemovalScheduled = true
        executor.atEndOfTurn { [weak self] in
            self?.assumeIsolated { engine in
                engine.isRemovalScheduled = false
                if engine.inFlight.isEmpty { engine.removeRead() }
            }
        }
    }

    private func removeRead() {
        if keysRead.isEmpty { return }
        transport.store.remove(keysRead)
        keysRead = []
    }

    func take(_ replies: Replies) {
        for reply in replies.messages {
            if let id = reply.correlationID { finish(id, with: .success(reply.body)) }
        }
        // The address that earlier requests gave is gone with its connection: ask again from the new one.
        // What is not confirmed yet is still on its way, or about to be tried again.
        if replies.mayHaveMissed { for waiter in inFlight.values where waiter.isConfirmed { publish(waiter) } }
    }

    /// How often to look for results that may not have been announced.
    var lookInterval: Duration { announcements.isExpected ? configuration.sweepInterval : configuration.pollInterval }

    func sweepRegularly() async throws {
        while true {
            try await executor.sleep(until: executor.now + lookInterval)
            if configuration.resultMode == .store { await sweep() }
        }
    }
}

extension ServingError {
    /// The result cannot be read, now or later.
    static func unreadable(under key: String, _ error: TransportError) -> ServingError {
        let code: Code = error.code == .tooLarge ? .tooLarge : .resultRefused
        return ServingError(code: code, message: "the result under \(key) cannot be read: \(error.message)")
    }
}
