internal import EventLoop

/// How a wait ends: with a result, by cancellation, or because its time is over.
extension ProducerEngine {
    func finish(_ address: String, with result: Result<[UInt8], any Error>) {
        guard let waiter = inFlight.removeValue(forKey: address) else { return }
        waiter.lane?.end()
        waiter.isOver = true
        if case .failure(let unreached as Unreached) = result {
            explain(unreached, to: waiter)
            return ended(waiter)
        }
        if case .success = result, !waiter.isSubmission, let sent = waiter.sent { roundTrips.add(executor.now - sent) }
        switch (waiter.recipient, result) {
        case (.caller(let continuation), _): continuation.resume(with: result)
        case (.group(let group), .success(let record)): finish(group, with: record)
        case (.group(let group), .failure(let error)): group.fail(error)
        }
        ended(waiter)
    }

    private func ended(_ waiter: Waiter) {
        telemetry.inFlight(inFlight.count)
        forgetEnded(in: waiter.lane)
        if let lane = waiter.lane, lane.isCrowded { sendQueued(in: lane) }
        if inFlight.isEmpty { scheduleRelease() }
    }

    /// Tells a caller that a server was not reached in time, and why: that is known where the connections are.
    private func explain(_ unreached: Unreached, to waiter: Waiter) {
        Task(executorPreference: executor) { [transport] in
            var reason = unreached.reason
            reason.message = await transport.explained(reason.message)
            waiter.recipient.fail(reason)
        }
    }

    /// Ends a request that has not been sent.
    func drop(_ address: String, because error: any Error) -> Bool {
        guard let waiter = queued.removeValue(forKey: address) else { return false }
        waiter.isOver = true
        if let unreached = error as? Unreached { explain(unreached, to: waiter) } else { waiter.recipient.fail(error) }
        forgetEnded(in: waiter.lane)
        return true
    }

    /// Keeps what is remembered of ended requests in proportion to those that are not.
    func forgetEnded(in lane: Lane?) {
        deadlines.compact(liveCount: inFlight.count + queued.count) { inFlight[$0] != nil || queued[$0] != nil }
        lane?.compact(queuedCount: queued.count) { queued[$0] != nil }
    }

    func abandon(_ address: String) {
        if drop(address, because: CancellationError()) { return }
        guard let waiter = inFlight[address] else { return }
        finish(address, with: .failure(CancellationError()))
        if configuration.resultMode == .store, !waiter.isSubmission {
            mark(
                CancelMark.entry(
                    for: address, queue: waiter.request.queue(in: configuration), timeToLive: waiter.request.deadline - executor.now))
        }
    }

    /// Leaves a mark that stops work on a request that has been sent (G7). Best effort: what is not marked ends with its deadline.
    func mark(_ entry: StoreEntry) {
        guard marks.count < configuration.maximumInFlight else { return }
        marks.append(entry)
        if marking == nil { marking = Task(executorPreference: executor) { await self.writeMarks() } }
    }

    func writeMarks() async {
        while !marks.isEmpty {
            let entries = marks
            marks = []
            do { _ = try await transport.store.put(entries) } catch { telemetry.notMarked(entries.count, error) }
        }
        marking = nil
    }

    /// Waits until the marks of requests that were given up are in the store, so that a client that ends leaves nobody work in vain.
    func finishMarking(within limit: Duration) async {
        guard let marking else { return }
        let end = Task(executorPreference: executor) {
            try await self.executor.sleep(until: self.executor.now + limit)
            marking.cancel()
        }
        await marking.value
        end.cancel()
    }

    /// By its address: what has ended must not stay in memory, with all that it carried, until its deadline.
    func watch(_ request: OutboundRequest) {
        let earliest = deadlines.first
        deadlines.insert(request.address, deadline: request.deadline)
        if earliest.map({ request.deadline < $0 }) ?? true { armDeadlineTimer() }
    }

    func armDeadlineTimer() {
        deadlineTimer?.cancel()
        deadlineTimer = deadlines.first.map { first in
            executor.schedule(at: first) { [weak self] in self?.assumeIsolated { $0.expire() } }
        }
    }

    func expire() {
        for address in deadlines.popExpired(at: executor.now) {
            if let waiter = queued[address] {
                _ = drop(address, because: notSentInTime(waiter))
            } else if let waiter = inFlight[address] {
                telemetry.expired(waiter.request.message.messageID)
                finish(address, with: .failure(reason(forExpiryOf: waiter)))
            }
        }
        armDeadlineTimer()
    }

    private func reason(forExpiryOf waiter: Waiter) -> any Error {
        if waiter.isConfirmed { return readObstacle.map { ServingError($0) } ?? ServingError.noResult }
        if let obstacle = waiter.obstacle { return ServingError(obstacle) }
        let message = "the broker did not take the request within the deadline; it may be away, or short of memory or disk"
        return Unreached(message)
    }

    private func notSentInTime(_ waiter: Waiter) -> any Error {
        guard isListening else { return Unreached("no connection to broker and store within the deadline") }
        let count = waiter.lane?.inFlightCount ?? 0
        var reason = ServingError(code: .overloaded, message: "\(count) requests are in flight, none ended in time")
        reason.retryAfter = roundTrips.retryHint
        return reason
    }
}

/// A server was not reached in time; which, and why, is still to be told.
private struct Unreached: Error {
    let reason: ServingError

    init(_ message: String) {
        reason = ServingError(code: .unavailable, message: message)
    }
}

extension ServingError {
    /// The request was sent, and time ran out.
    static let noResult = ServingError(code: .expired, message: "the deadline passed before a result came")
}
