internal import EventLoop

/// Results into the store, each by itself: what the store will never take becomes an error that the caller hears, and a dead letter.
extension ConsumerEngine {
    /// Stores results as they become ready, until the engine stops.
    func storeResults() async {
        await results.run { [weak self] verdicts in self?.assumeIsolated { $0.take(verdicts) } }
    }

    func store(_ request: ActiveRequest) {
        let timeToLive = configuration.resultTimeToLive(request.resultTimeToLive)
        let entry = request.storeEntry(
            timeToLive: timeToLive, compression: configuration.compression,
            unixMilliseconds: executor.unixMilliseconds)
        guard !request.isUnanswerable, let entry else { return settle([request]) }
        holdAnswer(entry.value.count, of: request)
        // Without a deadline of its own the caller finds nothing after the time that results are kept.
        let expiry = request.deadline ?? executor.now + min(timeToLive, .seconds(31_536_000))
        results.assumeIsolated { $0.add(entry, of: request.key, until: expiry) }
    }

    /// Has an output kept for later inputs.
    func keep(_ entry: StoreEntry) {
        results.assumeIsolated { $0.add(entry, of: nil, until: executor.now + entry.timeToLive) }
    }

    private func take(_ verdicts: [PendingResults.Verdict]) {
        var (stored, duplicates) = ([ActiveRequest](), 0)
        for verdict in verdicts {
            switch verdict {
            case .stored(let key, let isDuplicate):
                if isDuplicate { duplicates += 1 }
                if let request = requests[key] { stored.append(request) }
            case .refused(let key, let byteCount, let error):
                if let request = requests[key], phase != .stopped { refuse(request, byteCount: byteCount, error) }
            case .expired(let key, let error):
                if let request = requests[key], phase != .stopped { giveUp(request, error) }
            case .notKept(let error):
                telemetry.notKept(error)
            }
        }
        guard !stored.isEmpty else { return }
        telemetry.stored(entries: stored.count, duplicates: duplicates)
        settle(stored)
    }

    /// Answers with an error instead of the result. Where the store does not even take that, nobody can be told.
    private func refuse(_ request: ActiveRequest, byteCount: Int, _ error: TransportError) {
        if request.refusal == nil {
            request.refuse(with: .refusal(ofResultOf: byteCount, error))
        } else {
            request.isUnanswerable = true
        }
        telemetry.resultRefused(request, error)
        layToRest(request)
    }

    /// Nobody waits for the result any more. Without a deadline somebody may still look for it, and finds the dead letter.
    private func giveUp(_ request: ActiveRequest, _ error: TransportError) {
        telemetry.resultGivenUp(request, error)
        if request.deadline != nil { return settle([request]) }
        request.refuse(with: .resultNotStored(error))
        request.isUnanswerable = true
        layToRest(request)
    }
}
