internal import EventLoop

extension RedisClusterClient {
    /// Sends commands, each to the node that owns its slot, and waits for what becomes of each; see
    /// ``RedisClientProtocol/outcomes(ofPipeline:)``.
    public func outcomes(ofPipeline commands: [RedisCommand]) async throws -> [Result<RedisReply, RedisError>] {
        guard let topology else { return try await send(pipeline: commands).map { .success($0) } }
        let (portions, homeless) = ClusterPipeline(commands).portions(of: commands.indices, in: topology)
        var outcomes = [Result<RedisReply, RedisError>](repeating: .success(.error(.slotNotServed)), count: commands.count)
        if !homeless.isEmpty { refreshTopology() }
        try await withThrowingTaskGroup(of: (places: [Int], result: Result<[RedisReply], RedisError>).self) { group in
            for portion in portions {
                if let obstacle = obstacle(at: portion.node) {
                    refreshTopology()
                    for place in portion.places { outcomes[place] = .failure(obstacle) }
                    continue
                }
                let pipeline = ClusterPipeline(portion.places.map { commands[$0] }, isPatient: false)
                group.addTask {
                    do {
                        return (portion.places, .success(try await self.send(pipeline, timeout: nil)))
                    } catch let error as RedisError {
                        return (portion.places, .failure(error))
                    }
                }
            }
            for try await (places, result) in group {
                switch result {
                case .success(let replies): for (place, reply) in zip(places, replies) { outcomes[place] = .success(reply) }
                case .failure(let error): for place in places { outcomes[place] = .failure(error) }
                }
            }
        }
        let failures = outcomes.compactMap { outcome in
            if case .failure(let error) = outcome { error } else { nil }
        }
        if failures.count == commands.count, let failure = failures.first { throw failure }
        return outcomes
    }

    /// Why there is no connection to a node, if one has been tried.
    private func obstacle(at node: RedisNode) -> RedisError? {
        knownClient(of: node)?.assumeIsolated { $0.connectedNode == nil ? $0.problem : nil }
    }
}

extension RedisServerError {
    /// What a node of a cluster answers of a slot that it knows no owner of.
    static let slotNotServed = RedisServerError(message: "CLUSTERDOWN Hash slot not served")
}
