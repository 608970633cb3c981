internal import EventLoop

extension RedisClusterClient {
    /// Hears of an event of all keys that begin with a prefix; see ``RedisClientProtocol/watch(keysWithPrefix:patternPrefix:for:handler:)``.
    ///
    /// The nodes of the cluster do not tell each other of keys, so the ones that own them are subscribed at. When a slot moves, the
    /// subscription follows once that is noticed: by a command for the slot, or by ``RedisConfiguration/topologyRefreshInterval``.
    public func watch(
        keysWithPrefix prefix: String, patternPrefix: String, for event: String,
        handler: @escaping @Sendable (Result<RedisKeyEvents, RedisError>) -> Void
    ) -> RedisSubscriptionToken {
        let identifier = makeIdentifier()
        if isStopped {
            loop.atEndOfTurn { handler(.failure(.stopped)) }
        } else {
            watches[identifier] = ClusterKeyWatch(prefix: prefix, patternPrefix: patternPrefix, event: event, handler: handler)
            arrange(watch: identifier)
        }
        return RedisSubscriptionToken(identifier: identifier)
    }

    /// Ends a subscription that was made with a handler, which is not called again.
    public func unsubscribe(_ token: RedisSubscriptionToken) {
        guard let watch = watches.removeValue(forKey: token.identifier) else { return }
        for (node, token) in watch.tokens { unsubscribe(token, at: knownClient(of: node)) }
    }

    /// Whether the nodes that are watched publish the events of ``RedisConfiguration/keyspaceEvents``: as the one that does worst.
    public var keyspaceEventsStatus: KeyspaceEventsStatus {
        let nodes = Set(watches.values.flatMap(\.tokens.keys))
        let statuses = nodes.compactMap { knownClient(of: $0)?.assumeIsolated { $0.keyspaceEventsStatus } }
        let worst = statuses.first { if case .unavailable = $0 { true } else { false } }
        return worst ?? statuses.first { $0 == .unknown } ?? statuses.first ?? .unknown
    }

    // MARK: Places

    /// Subscribes at the nodes that own the keys, and nowhere else.
    ///
    /// - Parameter left: Nodes that are none of ours any more.
    func arrange(watch identifier: UInt64, leaving left: [RedisNode: ClusterNode] = [:]) {
        guard let topology, let watch = watches[identifier] else { return }
        let targets = watch.targets(in: topology)
        for node in watch.tokens.keys where !targets.contains(node) {
            let token = watches[identifier]?.remove(node)
            if let token { unsubscribe(token, at: left[node]?.client ?? knownClient(of: node)) }
        }
        for node in targets where watch.tokens[node] == nil {
            let token = client(of: node).assumeIsolated { client in
                client.watch(keysWithPrefix: watch.prefix, patternPrefix: watch.patternPrefix, for: watch.event) { [weak self] result in
                    self?.assumeIsolated { $0.hear(result, from: node, for: identifier) }
                }
            }
            watches[identifier]?.add(token, at: node)
        }
    }

    private func unsubscribe(_ token: RedisSubscriptionToken, at client: RedisClient?) {
        client?.assumeIsolated { $0.unsubscribe(token) }
    }

    // MARK: News

    private func hear(_ result: Result<RedisKeyEvents, RedisError>, from node: RedisNode, for identifier: UInt64) {
        switch result {
        case .success(let events):
            guard let events = watches[identifier]?.receive(events, from: node) else { return }
            watches[identifier]?.handler(.success(events))
        case .failure(let error):
            if watches[identifier]?.tokens[node] != nil { fail(watch: identifier, error) }
        }
    }

    func fail(watch identifier: UInt64, _ error: RedisError) {
        guard let watch = watches[identifier] else { return }
        unsubscribe(RedisSubscriptionToken(identifier: identifier))
        watch.handler(.failure(error))
    }
}
