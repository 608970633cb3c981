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
        self.isPushed = isPushed
        telemetry.ready()
        sendQueued()
    }

    func take(_ notifications: Notifications, from source: any NotificationSource) async {
        if notifications.mayHaveMissed {
            isPushed = await source.isPushed
            await sweep(afterInterruption: true)
        } else {
            // A store that does not let us look whether it tells of writes, and tells of one, does tell of them.
            isPushed = true
            await read(notifications.keys.filter { inFlight[$0]?.isSubmission == false })
        }
    }

    /// The addresses of the results that somebody waits for.
    var awaited: [String] {
        inFlight.compactMap { $1.isSubmission ? nil : $0 }
    }

    /// Reads every result that somebody waits for. If the store may have lost some, asks again for those that are not there (G3).
    func sweep(afterInterruption: Bool = false) async {
        let waiting = awaited
        do {
            let hasLostData = try await storeHasLostData(afterInterruption: afterInterruption)
            await read(waiting)
            let isSecondLook = secondLook.map { $0 <= executor.now } ?? false
            if isSecondLook { secondLook = nil }
            if hasLostData { secondLook = executor.now + configuration.sweepInterval * 5 }
            guard hasLostData || isSecondLook else { return }
        } catch {
            return telemetry.readFailed(keys: waiting.count, error)
        }
        let unanswered = waiting.compactMap { inFlight[$0] }
        telemetry.storeLostData(publishingAgain: unanswered.count)
        for waiter in unanswered { publish(waiter) }
    }

    /// Whether results may be gone. A store that does not let us leave a marker is taken to keep them.
    func storeHasLostData(afterInterruption: Bool) async throws -> Bool {
        guard mayMark else { return false }
        do {
            return try await marker.check(in: transport.store, at: executor.now, afterInterruption: afterInterruption)
        } catch let error as TransportError where error.code == .refused {
            mayMark = false
            telemetry.lossesGoUnnoticed(error)
            return false
        }
    }

    /// Reads results and hands them to their callers.
    func read(_ keys: [String]) async {
        var rest = keys[...]
        while !rest.isEmpty {
            let some = Array(rest.prefix(512))
            rest = rest.dropFirst(512)
            let values: [[UInt8]?]
            do {
                removeRead()
                values = try await transport.store.get(some)
                readObstacle = nil
            } catch {
                readObstacle = error as? TransportError
                // The sweep reads them again.
                return telemetry.readFailed(keys: some.count, error)
            }
            for (key, value) in zip(some, values) {
                guard let value else { continue }
                keysRead.append(key)
                finish(key, with: .success(value))
            }
            scheduleRemoval()
        }
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
        if replies.mayHaveMissed { for waiter in inFlight.values { publish(waiter) } }
    }

    func sweepRegularly() async throws {
        while true {
            let interval = isPushed ? configuration.sweepInterval : configuration.pollInterval
            try await executor.sleep(until: executor.now + interval)
            if configuration.resultMode == .store { await sweep() }
        }
    }
}
