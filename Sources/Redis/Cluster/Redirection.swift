/// What a node of a cluster says about a command that it has not executed.
enum Redirection: Hashable {
    /// The slot belongs to another node.
    case moved(HashSlot, to: RedisNode)
    /// The slot is on its way to another node, which has the key already if there is one.
    case ask(RedisNode)
    /// Nobody can execute the command now: a slot is on its way, or its node is away or starting.
    case later

    /// `nil` for errors of other kinds.
    ///
    /// - Parameter node: The node that says so. One without a host in its answer is on the same.
    init?(_ error: RedisServerError, from node: RedisNode) {
        let words = error.message.split(separator: " ")
        switch words.first {
        case "MOVED":
            guard words.count == 3, let number = Int64(words[1]), let slot = HashSlot(number: number),
                let target = Self.node(words[2], sameHostAs: node)
            else { return nil }
            self = .moved(slot, to: target)
        case "ASK":
            guard words.count == 3, let target = Self.node(words[2], sameHostAs: node) else { return nil }
            self = .ask(target)
        case "TRYAGAIN", "CLUSTERDOWN", "LOADING", "MASTERDOWN":
            self = .later
        default:
            return nil
        }
    }

    private static func node(_ address: Substring, sameHostAs node: RedisNode) -> RedisNode? {
        // An IPv6 address stands without brackets.
        guard let colon = address.lastIndex(of: ":") else { return nil }
        let host = address[..<colon]
        return RedisNode(host: host.isEmpty ? node.host : String(host), port: String(address[address.index(after: colon)...]))
    }
}
