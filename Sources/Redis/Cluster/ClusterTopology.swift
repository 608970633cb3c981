/// Which node of a cluster owns which slots.
struct ClusterTopology: Hashable, Sendable {
    private static let noOwner = UInt16.max

    /// The nodes that own slots, in the order of their first.
    private(set) var masters: [RedisNode] = []
    /// All nodes, replicas too: any of them can be asked for the topology.
    private(set) var members: Set<RedisNode> = []
    /// For each slot the place of its owner among the masters.
    private var owners = [UInt16](repeating: noOwner, count: HashSlot.count)

    /// What is asked for it.
    static let question = RedisCommand.words("CLUSTER", ["SLOTS"])

    /// Reads the answer: for each range of slots its first and last, its master and its replicas.
    ///
    /// - Parameter node: The node that answered. One without a host in the answer is on the same.
    init(_ reply: RedisReply, from node: RedisNode) throws(RedisError) {
        if case .error(let error) = reply {
            if error.isOfServerNotReady {
                throw RedisError(.cannotConnect, "the server is not ready: \(error.explained)", node: node, serverError: error)
            }
            throw RedisError(
                .rejected, "the server is no node of a Redis Cluster, or refuses to tell of it: \(error.message)", node: node,
                serverError: error
            )
        }
        guard let ranges = reply.elements else { throw .unexpected(reply, to: "CLUSTER") }
        for range in ranges {
            guard let parts = range.elements, parts.count >= 3, let first = parts[0].integer, let last = parts[1].integer,
                let firstSlot = HashSlot(number: first), let lastSlot = HashSlot(number: last), first <= last
            else { throw .unexpected(range, to: "CLUSTER") }
            let nodes = parts[2...].map { Self.node($0, sameHostAs: node) }
            members.formUnion(nodes.compactMap { $0 })
            guard let master = nodes[0] else { continue }
            let place = place(of: master)
            for slot in firstSlot.number...lastSlot.number { owners[Int(slot)] = place }
        }
        if masters.isEmpty { throw RedisError(.cannotConnect, "no node of the Redis Cluster owns any slots yet", node: node) }
    }

    /// The node that owns a slot, if there is one.
    func owner(of slot: HashSlot) -> RedisNode? {
        let place = owners[Int(slot.number)]
        return place == Self.noOwner ? nil : masters[Int(place)]
    }

    /// Notes what a node has said of a slot.
    mutating func move(_ slot: HashSlot, to node: RedisNode) {
        members.insert(node)
        owners[Int(slot.number)] = place(of: node)
    }

    private mutating func place(of master: RedisNode) -> UInt16 {
        if let place = masters.firstIndex(of: master) { return UInt16(place) }
        masters.append(master)
        return UInt16(masters.count - 1)
    }

    private static func node(_ reply: RedisReply, sameHostAs node: RedisNode) -> RedisNode? {
        guard let parts = reply.elements, parts.count >= 2, let port = parts[1].integer else { return nil }
        let host = parts[0].string ?? ""
        // A node that is to be known by its host name and has none.
        if host == "?" { return nil }
        return RedisNode(host: host.isEmpty ? node.host : host, port: String(port))
    }
}
