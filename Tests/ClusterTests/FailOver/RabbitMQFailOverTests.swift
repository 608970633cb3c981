import EventLoop
import MLServing
import RabbitMQ
import Testing

extension ClusterTests {
    @Suite("Fail-over of a RabbitMQ cluster")
    struct RabbitMQFailOverTests {
        /// Serves over a quorum queue that the given node leads at first.
        private func serve(_ leader: TestNode, _ body: (ServingLoad) async throws -> Void) async throws -> ServingLoad.Outcome {
            let queue = QueueDefinition(name: "rabbitmq.\(UInt64.random(in: 0 ... .max))", kind: .quorum)
            return try await ServingLoad.run(settings: TestClusters.clusterSettings, queue: queue, home: leader, body)
        }

        /// Waits until a client can log in at a node.
        private func untilConnected(to node: TestNode) async throws {
            let connection = RabbitMQConnection(
                configuration: RabbitMQConfiguration(nodes: [RabbitMQNode(host: "127.0.0.1", port: node.port)]),
                loop: EventLoop(name: "rabbitmq-test"), logger: TestClusters.quietLogger
            )
            try await withThrowingTaskGroup(of: Void.self) { group in
                group.addTask { try await connection.run() }
                defer { group.cancelAll() }
                try await connection.waitUntilConnected(deadline: .now + .seconds(120))
            }
        }

        @Test func killedLeaderIsReplacedAndComesBack() async throws {
            let leader = TestClusters.rabbit[0]
            let outcome = try await serve(leader) { load in
                try leader.kill()
                try await load.answers(100)
                try leader.restart()
                try await untilConnected(to: leader)
                try await load.answers(100)
            }
            outcome.expectOneRightAnswerEach()
        }

        @Test func leaderThatFallsSilentIsLeft() async throws {
            let leader = TestClusters.rabbit[1]
            let outcome = try await serve(leader) { load in
                try leader.pause()
                try await load.answers(100)
                // Resumed it would stay partitioned from the others.
                try leader.kill()
                try leader.restart()
                try await untilConnected(to: leader)
                try await load.answers(100)
            }
            outcome.expectOneRightAnswerEach()
        }
    }
}
