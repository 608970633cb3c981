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

        /// The server that the sentinels call the master.
        private func master() async throws -> TestNode {
            let reply = try await TestClusters.ask(TestClusters.sentinels[0], "SENTINEL", "GET-MASTER-ADDR-BY-NAME", "mlserving")
            let port = reply.elements.flatMap { $0.last?.string }
            return try #require(TestClusters.sentinelServers.first { String($0.port) == port })
        }

        private func untilMaster(isNot old: TestNode) async throws {
            while try await master().port == old.port {}
        }

        /// Waits until the sentinels have the master and both replicas in view, which are connected to it.
        private func untilWhole() async throws {
            for sentinel in TestClusters.sentinels {
                while true {
                    let status = try await TestClusters.ask(sentinel, "INFO", "sentinel").string ?? ""
                    if status.contains("status=ok,") && status.contains("slaves=2,sentinels=3") { break }
                }
            }
            while true {
                let replication = try await TestClusters.ask(try await master(), "INFO", "replication").string ?? ""
                if replication.contains("connected_slaves:2") { return }
            }
        }

        private func announced(by server: TestNode) async throws -> KeyspaceEvents {
            let flags = try await TestClusters.ask(server, "CONFIG", "GET", "notify-keyspace-events")
            return KeyspaceEvents(flags: flags.elements?.last?.string ?? "")
        }

        /// Makes a former master a replica, for which the sentinels would take their time.
        private func degrade(_ old: TestNode) async throws {
            let port = String(try await master().port)
            while (try? await TestClusters.ask(old, "REPLICAOF", "127.0.0.1", port)) == nil {}
        }

        @Test func killedMasterIsReplaced() async throws {
            try await untilWhole()
            let old = try await master()
            let outcome = try await serve { load in
                try old.kill()
                try await load.answers(50)
                try await untilMaster(isNot: old)
            }
            // What only the old master had is lost with it, and asked for again.
            outcome.expectOneRightAnswerEach()
            try old.restart()
            try await degrade(old)
            try await untilWhole()
        }

        @Test func masterThatFallsSilentIsLeftForTheNewOne() async throws {
            try await untilWhole()
            let old = try await master()
            let outcome = try await serve { load in
                try old.pause()
                try await untilMaster(isNot: old)
                try await load.answers(50)
                try old.resume()
                try await load.answers(50)
            }
            try await degrade(old)
            outcome.expectOneRightAnswerEach()
            try await untilWhole()
        }

        @Test func newMasterAnnouncesResults() async throws {
            try await untilWhole()
            let old = try await master()
            let outcome = try await serve { load in
                _ = try await TestClusters.ask(TestClusters.sentinels[1], "SENTINEL", "FAILOVER", "mlserving")
                try await untilMaster(isNot: old)
                try await load.answers(50)
                while try await !announced(by: try await master()).isSuperset(of: [.keyspace, .string]) {}
            }
            outcome.expectOneRightAnswerEach()
            try await untilWhole()
        }
    }
}
