internal import EventLoop

/// The end in good order (G8).
extension ConsumerEngine {
    /// How long a drain waits for the last deliveries of an intake that has been ended.
    private static let intakeEndPatience = Duration.seconds(2)

    /// Stops intake, gives back what no prediction has begun on, and waits until the rest is answered (G8).
    func drain() async {
        guard phase == .consuming else { return }
        phase = .draining
        health.note { $0.drain() }
        configuration.dialect?.consumerDrains()
        telemetry.draining(active: requests.count)
        await returnUntouched()
        giveBackWithheld()
        // What had arrived without having been looked at is given back, too; a source that does not say that this was all is not waited for.
        after(Self.intakeEndPatience) { engine in
            engine.openIntakes = []
            engine.endDrainIfDone()
        }
        await withCheckedContinuation { continuation in
            drained = continuation
            endDrainIfDone()
        }
        stop()
    }

    func endDrainIfDone() {
        guard phase == .stopped || requests.isEmpty && openIntakes.isEmpty else { return }
        drained?.resume()
        drained = nil
    }

    /// Drains, and ends at once if that takes too long.
    func drain(within limit: Duration) async {
        let timer = executor.schedule(at: executor.now + limit) { [weak self] in
            self?.assumeIsolated { engine in
                engine.telemetry.stopping(because: "the grace period is over")
                engine.abort()
            }
        }
        await drain()
        timer.cancel()
    }

    // MARK: What goes back

    /// Ends the intake, and gives back what no prediction has begun on.
    func returnUntouched() async {
        // In the order in which they came, in which copies of them are to come again.
        let untouched = requests.values.filter { $0.stage == .waiting }.sorted { $0.key < $1.key }
        former.removeAll { work in requests[work.request]?.stage == .waiting }
        suspects.removeAll { requests[$0.request]?.stage == .waiting }
        for request in untouched { request.leave() }
        // Given back before the intake has ended, they could come here again.
        for intake in Intake.allCases { await endIntake(from: intake) }
        if phase != .stopped { giveBack(untouched) }
    }

    /// Gives back requests that no prediction has begun on.
    ///
    /// The next consumer must not take them for what a consumer was lost over. Where marks in the store tell them apart, they go back to their
    /// place in the queue. Where they cannot, a copy that was never delivered takes the place of each, unless it was delivered before.
    func giveBack(_ untouched: [ActiveRequest]) {
        var returned: [ActiveRequest] = []
        for request in untouched {
            request.leave()
            forgetIdentity(of: request)
            endOwnMark(of: request)
            let isSuspect = request.deliveries.contains { $0.intake == .suspects }
            let leavesMarks = isSuspect ? suspectKeys(of: request) != nil : leavesMarks(request)
            // A copy of what came without its body would lose the body for good.
            let stays = leavesMarks || request.isRedelivered || request.defect != nil
            if stays { returned.append(request) } else { replaceByCopy(request, isSuspect: isSuspect) }
        }
        putBack(returned)
    }

    private func replaceByCopy(_ request: ActiveRequest, isSuspect: Bool) {
        let queue = isSuspect ? configuration.queue.suspectQueue : configuration.queue
        let publication = Publication(.giveBack, request.copy(at: executor.now), to: queue, until: executor.now + .seconds(2))
        publish(publication, of: request) { engine, result in
            if case .success = result { return engine.settle([request]) }
            // Full, or away: better to be suspected than to be lost.
            engine.putBack([request])
        }
    }

    func putBack(_ returned: [ActiveRequest]) {
        reject(returned.flatMap(\.deliveries))
        for request in returned { forget(request) }
        health.note { $0.settled(held: requests.count, at: executor.now) }
        endDrainIfDone()
    }
}
