import Testing

@testable import Redis

@Suite("ClusterPipeline")
struct ClusterPipelineTests {
    // The slots of a, b and c are 15495, 3300 and 7365.
    private let high = RedisNode(host: "high", port: 1)
    private let low = RedisNode(host: "low", port: 2)
    private let middle = RedisNode(host: "middle", port: 3)
    private let ok = RedisReply.simpleString("OK")

    private var topology: ClusterTopology {
        get throws {
            let reply = RedisReply.array([
                ClusterTopologyTests.range(0, 5460, ClusterTopologyTests.node("low", 2)),
                ClusterTopologyTests.range(10_923, 16_383, ClusterTopologyTests.node("high", 1)),
            ])
            return try ClusterTopology(reply, from: low)
        }
    }

    private func error(_ message: String) -> RedisReply { .error(RedisServerError(message: message)) }

    private func portion(_ node: RedisNode, _ places: [Int]) -> ClusterPipeline.Portion { .init(node: node, places: places) }

    @Test func goesToTheOwnerOfTheSlotThatIsNamed() throws {
        let pipeline = ClusterPipeline([.serverInformation, .get("b")], slot: HashSlot(key: "a"))
        let (portions, homeless) = pipeline.portions(of: 0..<2, in: try topology)
        #expect(portions.map(\.node) == [high])
        #expect(portions.map(\.places) == [[0, 1]])
        #expect(homeless.isEmpty)
    }

    @Test func isSplitByOwnersInOrder() throws {
        let pipeline = ClusterPipeline([.get("a"), .get("b"), .get("x{a}"), .get("{b}y")])
        let (portions, homeless) = pipeline.portions(of: 0..<4, in: try topology)
        #expect(portions.map(\.node) == [high, low])
        #expect(portions.map(\.places) == [[0, 2], [1, 3]])
        #expect(homeless.isEmpty)
        #expect(pipeline.commands(of: portions[0]).map(\.slot) == [HashSlot(key: "a"), HashSlot(key: "a")])
    }

    @Test func commandWithoutOwnerIsHomeless() throws {
        let pipeline = ClusterPipeline([.get("c"), .get("a")])
        let (portions, homeless) = pipeline.portions(of: 0..<2, in: try topology)
        #expect(portions.map(\.places) == [[1]])
        #expect(homeless == [0])
    }

    @Test func commandWithoutKeyGoesToSomeNode() throws {
        #expect(ClusterPipeline([.ping]).portions(of: [0], in: try topology).portions.map(\.node) == [low])
    }

    @Test func impatientCommandIsToldThatNobodyCanExecuteItNow() {
        var pipeline = ClusterPipeline([.get("a"), .get("{a}2"), .get("c")], isPatient: false)
        let step = pipeline.receive([error("CLUSTERDOWN The cluster is down"), .integer(2)], to: portion(high, [0, 1]))
        #expect(step.later.isEmpty && step.isTopologyInDoubt)
        #expect(pipeline.completeReplies == nil)
        pipeline.settleHomeless([2])
        #expect(
            pipeline.completeReplies == [
                error("CLUSTERDOWN The cluster is down"), .integer(2), error("CLUSTERDOWN Hash slot not served"),
            ])
    }

    @Test func repliesComeTogetherInTheOrderOfTheCommands() throws {
        var pipeline = ClusterPipeline([.get("a"), .get("b"), .get("{a}2")])
        _ = pipeline.receive([.integer(1)], to: portion(low, [1]))
        #expect(pipeline.completeReplies == nil)
        _ = pipeline.receive([.integer(0), .integer(2)], to: portion(high, [0, 2]))
        #expect(pipeline.completeReplies == [.integer(0), .integer(1), .integer(2)])
    }

    @Test func movedCommandGoesAgainAlone() throws {
        var pipeline = ClusterPipeline([.get("a"), .get("{a}2")])
        let step = pipeline.receive([ok, error("MOVED 15495 middle:3")], to: portion(high, [0, 1]))
        #expect(step.moved.map(\.slot) == [HashSlot(key: "a")])
        #expect(step.moved.map(\.node) == [middle])
        #expect(step.again == [1])
        #expect(step.later.isEmpty && step.asking.isEmpty)
        _ = pipeline.receive([.integer(2)], to: portion(middle, [1]))
        #expect(pipeline.completeReplies == [ok, .integer(2)])
    }

    @Test func commandIsAskedForWhereItsSlotGoes() throws {
        var pipeline = ClusterPipeline([.get("a"), .get("{a}2"), .get("{a}3")])
        let step = pipeline.receive([error("ASK 15495 middle:3"), ok, error("ASK 15495 middle:3")], to: portion(high, [0, 1, 2]))
        let asking = try #require(step.asking.first)
        #expect(step.asking.count == 1)
        #expect(asking.node == middle)
        #expect(pipeline.commands(of: asking).map(\.name) == ["ASKING", "GET", "ASKING", "GET"])
        _ = pipeline.receive([ok, .integer(1), ok, .integer(3)], to: asking)
        #expect(pipeline.completeReplies == [.integer(1), ok, .integer(3)])
    }

    @Test(arguments: ["TRYAGAIN wait", "CLUSTERDOWN The cluster is down"])
    func commandThatNobodyExecutesNowGoesLater(_ message: String) throws {
        var pipeline = ClusterPipeline([.get("a")])
        for _ in 0..<100 {
            #expect(pipeline.receive([error(message)], to: portion(high, [0])).later == [0])
        }
        #expect(pipeline.refusal?.message == message)
        #expect(pipeline.completeReplies == nil)
    }

    @Test func commandThatIsSentInCirclesPausesAndEndsWithItsLastRefusal() throws {
        var pipeline = ClusterPipeline([.get("a")])
        var steps: [ClusterPipeline.Step] = []
        while pipeline.completeReplies == nil, steps.count < 100 {
            steps.append(pipeline.receive([error("MOVED 15495 low:2")], to: portion(high, [0])))
        }
        #expect(steps.prefix(4).allSatisfy { $0.again == [0] && $0.later.isEmpty })
        #expect(steps.dropFirst(4).dropLast().allSatisfy { $0.again.isEmpty && $0.later == [0] })
        #expect(steps.count == 17)
        #expect(pipeline.completeReplies == [error("MOVED 15495 low:2")])
    }

    @Test func otherErrorIsTheReply() throws {
        var pipeline = ClusterPipeline([.get("a")])
        _ = pipeline.receive([error("WRONGTYPE no")], to: portion(high, [0]))
        #expect(pipeline.completeReplies == [error("WRONGTYPE no")])
        #expect(pipeline.refusal == nil)
    }
}
