/// Somebody who hears of keys, on the nodes that own them.
struct ClusterKeyWatch {
    typealias Handler = @Sendable (Result<RedisKeyEvents, RedisError>) -> Void

    let prefix: String
    let patternPrefix: String
    let event: String
    let handler: Handler
    /// The slot of all keys with the prefix, if they have one in common.
    let slot: HashSlot?
    /// The subscriptions, by their nodes.
    private(set) var tokens: [RedisNode: RedisSubscriptionToken] = [:]
    private var confirmed: Set<RedisNode> = []
    private var isEstablished = false

    init(prefix: String, patternPrefix: String, event: String, handler: @escaping Handler) {
        self.prefix = prefix
        self.patternPrefix = patternPrefix
        self.event = event
        self.handler = handler
        slot = HashSlot(sharedByKeysWithPrefix: prefix)
    }

    /// The nodes to be subscribed at; none while a slot that matters has no owner.
    func targets(in topology: ClusterTopology) -> [RedisNode] {
        guard let slot else { return topology.masters }
        return topology.owner(of: slot).map { [$0] } ?? []
    }

    mutating func add(_ token: RedisSubscriptionToken, at node: RedisNode) {
        tokens[node] = token
    }

    mutating func remove(_ node: RedisNode) -> RedisSubscriptionToken? {
        confirmed.remove(node)
        return tokens.removeValue(forKey: node)
    }

    /// What to tell of what a node has told.
    mutating func receive(_ events: RedisKeyEvents, from node: RedisNode) -> RedisKeyEvents? {
        guard tokens[node] != nil else { return nil }
        if isEstablished { return events }
        // The first from each node says that it has confirmed.
        confirmed.insert(node)
        guard tokens.keys.allSatisfy(confirmed.contains) else { return nil }
        isEstablished = true
        return RedisKeyEvents(mayHaveMissed: true)
    }
}
