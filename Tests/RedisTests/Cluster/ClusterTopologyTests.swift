import Testing

@testable import Redis

@Suite("ClusterTopology")
struct ClusterTopologyTests {
    private let asked = RedisNode(host: "asked", port: 1)

    static func node(_ host: String, _ port: Int64) -> RedisReply {
        .array([.bulk(Array(host.utf8)), .integer(port), .bulk(Array("identifier".utf8)), .array([])])
    }

    static func range(_ first: Int64, _ last: Int64, _ nodes: RedisReply...) -> RedisReply {
        .array([.integer(first), .integer(last)] + nodes)
    }

    private func slot(_ number: Int64) throws -> HashSlot { try #require(HashSlot(number: number)) }

    @Test func tellsOwnersMastersAndMembers() throws {
        let reply = RedisReply.array([
            Self.range(0, 5460, Self.node("a", 1), Self.node("ra", 1)), Self.range(5461, 10_922, Self.node("b", 2)),
            Self.range(10_923, 16_382, Self.node("a", 1), Self.node("ra", 1)),
        ])
        let topology = try ClusterTopology(reply, from: asked)
        #expect(topology.masters == [RedisNode(host: "a", port: 1), RedisNode(host: "b", port: 2)])
        #expect(topology.members == [RedisNode(host: "a", port: 1), RedisNode(host: "ra", port: 1), RedisNode(host: "b", port: 2)])
        #expect(topology.owner(of: try slot(0)) == RedisNode(host: "a", port: 1))
        #expect(topology.owner(of: try slot(5461)) == RedisNode(host: "b", port: 2))
        #expect(topology.owner(of: try slot(10_922)) == RedisNode(host: "b", port: 2))
        #expect(topology.owner(of: try slot(16_382)) == RedisNode(host: "a", port: 1))
        #expect(topology.owner(of: try slot(16_383)) == nil)
    }

    @Test func followsWhatANodeSaysOfASlot() throws {
        var topology = try ClusterTopology(.array([Self.range(0, 16_383, Self.node("a", 1))]), from: asked)
        topology.move(try slot(7), to: RedisNode(host: "b", port: 2))
        #expect(topology.owner(of: try slot(7)) == RedisNode(host: "b", port: 2))
        #expect(topology.owner(of: try slot(8)) == RedisNode(host: "a", port: 1))
        #expect(topology.masters.count == 2)
    }

    @Test func nodeWithoutHostIsWhereTheAnswerCameFrom() throws {
        let reply = RedisReply.array([
            .array([.integer(0), .integer(9), .array([.null, .integer(7), .null, .array([])])]), Self.range(10, 19, Self.node("", 8)),
        ])
        #expect(try ClusterTopology(reply, from: asked).masters == [RedisNode(host: "asked", port: 7), RedisNode(host: "asked", port: 8)])
    }

    @Test func nodeWithoutKnownNameOwnsNothing() throws {
        let reply = RedisReply.array([Self.range(0, 9, Self.node("?", 7)), Self.range(10, 19, Self.node("a", 8))])
        let topology = try ClusterTopology(reply, from: asked)
        #expect(topology.masters == [RedisNode(host: "a", port: 8)])
        #expect(topology.owner(of: try slot(0)) == nil)
    }

    @Test func serverOutsideOfAClusterIsRefused() throws {
        let reply = RedisReply.error(RedisServerError(message: "ERR This instance has cluster support disabled"))
        let error = try #require(throws: RedisError.self) { try ClusterTopology(reply, from: asked) }
        #expect(error.code == .rejected)
        #expect(error.node == asked)
        #expect(error.message.contains("cluster support disabled"))
    }

    @Test(arguments: ["LOADING Redis is loading the dataset in memory", "ERR max number of clients reached"])
    func nodeThatIsNotReadyIsAskedAgain(_ message: String) throws {
        let reply = RedisReply.error(RedisServerError(message: message))
        let error = try #require(throws: RedisError.self) { try ClusterTopology(reply, from: asked) }
        #expect(error.code == .cannotConnect)
    }

    @Test func clusterThatHasNoSlotsYetIsTriedAgain() throws {
        #expect(try #require(throws: RedisError.self) { try ClusterTopology(.array([]), from: asked) }.code == .cannotConnect)
    }

    @Test(
        arguments: [
            .integer(1), .array([.integer(1)]), .array([range(0, 16_384, node("a", 1))]), .array([range(9, 0, node("a", 1))]),
            .array([.array([.integer(0), .integer(9)])]), .array([.array([.null, .integer(9), node("a", 1)])]),
        ] as [RedisReply]
    )
    func malformedAnswerIsRefused(_ reply: RedisReply) throws {
        #expect(try #require(throws: RedisError.self) { try ClusterTopology(reply, from: asked) }.code == .unexpectedReply)
    }
}
