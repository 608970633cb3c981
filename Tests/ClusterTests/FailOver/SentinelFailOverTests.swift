import MLServing
import Redis
import Testing

extension ClusterTests {
    @Suite("Fail-over by Redis Sentinel")
    struct SentinelFailOverTests {
        private func serve(_ body: (ServingLoad) async throws -> Void) async throws -> ServingLoad.Outcome {
            let queue = QueueDefinition(name: "sentinel.\(UInt64.random(in: 0 ... .max))", kind: .quorum)
            return try await ServingLoad.run(settings: TestClusters.sentinelSettings, queue: queue, body)
        }

        private func announced(by server: TestNode) async throws -> KeyspaceEvents {
            let flags = try await TestClusters.ask(server, "CONFIG", "GET", "notify-keyspace-events")
            return KeyspaceEvents(flags: flags.elements?.last?.string ?? "")
        }

        @Test func killedMasterIsReplaced() async throws {
            try await SentinelCluster.untilWhole()
            let old = try await SentinelCluster.master()
            let outcome = try await serve { load in
                try old.kill()
                try await load.answers(50)
                try await SentinelCluster.untilMaster(isNot: old)
            }
            // What only the old master had is lost with it, and asked for again.
            outcome.expectOneRightAnswerEach()
            try old.restart()
            try await SentinelCluster.degrade(old)
            try await SentinelCluster.untilWhole()
        }

        @Test func masterThatFallsSilentIsLeftForTheNewOne() async throws {
            try await SentinelCluster.untilWhole()
            let old = try await SentinelCluster.master()
            let outcome = try await serve { load in
                try old.pause()
                try await SentinelCluster.untilMaster(isNot: old)
                try await load.answers(50)
                try old.resume()
                try await load.answers(50)
            }
            try await SentinelCluster.degrade(old)
            outcome.expectOneRightAnswerEach()
            try await SentinelCluster.untilWhole()
        }

        @Test func newMasterAnnouncesResults() async throws {
            try await SentinelCluster.untilWhole()
            let old = try await SentinelCluster.master()
            let outcome = try await serve { load in
                _ = try await TestClusters.ask(TestClusters.sentinels[1], "SENTINEL", "FAILOVER", "mlserving")
                try await SentinelCluster.untilMaster(isNot: old)
                try await load.answers(50)
                while try await !announced(by: try await SentinelCluster.master()).isSuperset(of: [.keyspace, .string]) {}
            }
            outcome.expectOneRightAnswerEach()
            try await SentinelCluster.untilWhole()
        }
    }
}
