internal import EventLoop

/// Equal inputs, which are predicted once.
extension ConsumerEngine {
    /// Has inputs wait for the outcome of an equal one, or takes it from the store; the others wait for their batch.
    func collectUnknown() async {
        guard let caching, !unknown.isEmpty else { return }
        var leaders: [(work: PredictionWork, key: CacheKey)] = []
        for work in unknown {
            if let leader = leader(work, caching) { leaders.append(leader) }
        }
        unknown = []
        guard caching.timeToLive > .zero, !leaders.isEmpty else { return collect(leaders.map(\.work)) }
        // Where the store does not answer, everything is predicted.
        let found = (try? await transport.store.get(leaders.map { $0.key.storeKey(queue: configuration.queue.name) })) ?? []
        if phase == .stopped { return }
        for (index, leader) in leaders.enumerated() where isWanted(leader.work) {
            if found.indices.contains(index), let output = found[index], (try? leader.work.outputCodec.check(value: output[...])) != nil {
                telemetry.cached(.hit)
                give(.success(output[...]), to: leader.work, keepsOutput: false)
            } else {
                telemetry.cached(.miss)
                collect([leader.work])
            }
        }
    }

    /// The input if it is to be looked up; `nil` when it waits for an equal one, or for its batch, because it cannot be compared.
    private func leader(_ work: PredictionWork, _ caching: ResultCaching) -> (work: PredictionWork, key: CacheKey)? {
        guard
            let key = try? CacheKey(
                work.input, encodedBy: work.codec, outputType: work.outputCodec.contentType, parameters: work.origin.content.parameters,
                for: caching)
        else {
            collect([work])
            return nil
        }
        work.cacheKey = key
        guard shared.lead(work, under: key) else {
            telemetry.cached(.shared)
            return nil
        }
        return (work, key)
    }

    /// Whether somebody still waits for an input's outcome.
    private func isWanted(_ work: PredictionWork) -> Bool {
        requests[work.request].map { $0.stage != .leaving } ?? false
    }

    /// Gives an input its outcome, and those that wait for an equal one.
    ///
    /// - Parameter keepsOutput: Whether the store is to keep it.
    func give(_ outcome: ResultRecord.Outcome, to work: PredictionWork, keepsOutput: Bool = true) {
        let followers = work.cacheKey.map { shared.land(work, under: $0) } ?? []
        if case .success(let output) = outcome {
            if keepsOutput, let key = work.cacheKey { keep(output, under: key) }
            for follower in followers { set(outcome, of: follower) }
        } else {
            predict(followers)
        }
        set(outcome, of: work)
    }

    private func set(_ outcome: ResultRecord.Outcome, of work: PredictionWork) {
        guard let request = requests[work.request], request.stage != .leaving else { return }
        if request.set(outcome, at: work.index) { complete(request) }
    }

    /// Inputs of a request that is over lead nobody any more.
    func landAll(ledBy request: ActiveRequest) {
        if !shared.isEmpty { predict(shared.landAll(ledBy: request.key)) }
    }

    /// Has inputs predicted after all that waited for an equal one in vain.
    private func predict(_ followers: [PredictionWork]) {
        guard let caching, phase != .stopped, !followers.isEmpty else { return }
        for follower in followers where isWanted(follower) {
            if let leader = leader(follower, caching) { collect([leader.work]) }
        }
        // Not within this call, which a dispatch may have made.
        executor.execute { [weak self] in self?.assumeIsolated { $0.dispatch() } }
    }

    private func keep(_ output: ArraySlice<UInt8>, under key: CacheKey) {
        guard let caching, caching.timeToLive > .zero else { return }
        keep(StoreEntry(key: key.storeKey(queue: configuration.queue.name), value: Array(output), timeToLive: caching.timeToLive))
    }
}
