internal import EventLoop

/// Asks the sentinels where the master is.
struct MasterInquiry: Sendable {
    private let sentinels: RedisSentinels
    private let inquiry: Inquiry<RedisNode>

    /// `nil` if there are no sentinels to ask.
    init?(_ configuration: RedisConfiguration, loop: EventLoop) {
        guard let sentinels = configuration.sentinels else { return nil }
        self.sentinels = sentinels
        let name = sentinels.masterName
        inquiry = Inquiry(
            connector: Connector(configuration: configuration.ofSentinels(sentinels), loop: loop, clientName: configuration.clientName),
            question: .words("SENTINEL", ["GET-MASTER-ADDR-BY-NAME", name])
        ) { (reply, sentinel) throws(RedisError) in
            try Self.master(name, in: reply, of: sentinel)
        }
    }

    /// The server that the first sentinel to answer names. Whether it is the master is for the server to say: a sentinel may be behind.
    nonisolated(nonsending) func master() async throws -> RedisNode {
        do {
            return try await inquiry.answer(of: sentinels.nodes.shuffled())
        } catch let error as RedisError {
            throw RedisError(
                error.code, "no sentinel tells where the master is: \(error.message)", node: error.node, serverError: error.serverError,
                underlying: error.underlying
            )
        }
    }

    static func master(_ name: String, in reply: RedisReply, of sentinel: RedisNode) throws(RedisError) -> RedisNode {
        switch reply {
        case .null:
            throw RedisError(.rejected, "the sentinel watches no master by the name \"\(name)\"", node: sentinel)
        case .error(let error) where error.isOfServerNotReady:
            throw RedisError(.cannotConnect, "the sentinel is not ready: \(error.explained)", node: sentinel, serverError: error)
        case .error(let error):
            throw RedisError(.rejected, "the server is no sentinel, or refuses us: \(error.message)", node: sentinel, serverError: error)
        default:
            guard let parts = reply.elements, parts.count == 2, let node = RedisNode(host: parts[0].string, port: parts[1].string) else {
                throw .unexpected(reply, to: "SENTINEL")
            }
            return node
        }
    }
}

extension RedisConfiguration {
    /// What is said to sentinels: the same, but for who we are there and what is needed of a server.
    func ofSentinels(_ sentinels: RedisSentinels) -> RedisConfiguration {
        var configuration = self
        configuration.nodes = sentinels.nodes
        configuration.nodeOrder = .random
        configuration.sentinels = nil
        configuration.user = sentinels.user
        configuration.password = sentinels.password
        configuration.database = 0
        configuration.keyspaceEvents = []
        return configuration
    }
}

extension RedisNode {
    /// Reads the parts of an address as servers write them.
    init?(host: String?, port: String?) {
        guard let host, !host.isEmpty, let port, let number = UInt16(port), number > 0 else { return nil }
        self.init(host: host, port: number)
    }
}
