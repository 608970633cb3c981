extension RedisClient: RedisClientProtocol {
    /// Whether there is a connection for commands, and one for subscriptions where somebody has subscribed.
    public var isConnected: Bool {
        connectedNode != nil && subscriber.assumeIsolated { $0.isConnectedWhereNeeded }
    }

    /// Sends commands, and waits for what becomes of each; see ``RedisClientProtocol/outcomes(ofPipeline:)``.
    public func outcomes(ofPipeline commands: [RedisCommand]) async throws -> [Result<RedisReply, RedisError>] {
        try await send(pipeline: commands).map { .success($0) }
    }

    /// Removes keys, and calls `completion` on the loop's thread with how many existed.
    public func unlink(_ keys: [String], completion: @escaping @Sendable (Result<Int, RedisError>) -> Void) {
        send(.unlink(keys)) { result in
            completion(result.flatMap { reply in reply.count(of: "UNLINK") })
        }
    }

    /// The `run_id` of the server; see ``RedisClientProtocol/serverRun(forKeysWithPrefix:)``.
    public func serverRun(forKeysWithPrefix prefix: String) async throws -> String? {
        try await send(pipeline: [.serverInformation])[0].runIdentifier
    }

    /// Hears of an event of all keys that begin with a prefix; see ``RedisClientProtocol/watch(keysWithPrefix:patternPrefix:for:handler:)``.
    public func watch(
        keysWithPrefix prefix: String, patternPrefix: String, for event: String,
        handler: @escaping @Sendable (Result<RedisKeyEvents, RedisError>) -> Void
    ) -> RedisSubscriptionToken {
        let channels = KeyspaceChannels(
            database: configuration.database, keysWithPrefix: prefix, patternPrefix: patternPrefix, event: event
        )
        return subscribe(toPattern: channels.pattern) { result in
            switch result {
            case .failure(let error):
                handler(.failure(error))
            case .success(let messages):
                let events = channels.events(in: messages)
                if events.mayHaveMissed || !events.keys.isEmpty { handler(.success(events)) }
            }
        }
    }
}

extension RedisCommand {
    static let serverInformation = words("INFO", ["server"])
}

extension RedisReply {
    /// What ``RedisCommand/serverInformation`` says about the run; `nil` for an error.
    var runIdentifier: String? {
        let name = "run_id:"
        let lines = string?.split(whereSeparator: \.isNewline)
        return lines?.first { $0.hasPrefix(name) }.map { String($0.dropFirst(name.count)) }
    }

    func count(of command: String) -> Result<Int, RedisError> {
        integer.map { .success(Int($0)) } ?? .failure(.unexpected(self, to: command))
    }
}
