import MLServing
import Redis
import Testing

extension ClusterTests {
    @Suite("Fail-over of a Redis Cluster")
    struct RedisClusterFailOverTests {
        // The slot of "a" is 15495.
        private static let prefix = "mlserving-{a}"
        private static let slot = "15495"

        private func serve(_ body: (ServingLoad) async throws -> Void) async throws -> ServingLoad.Outcome {
            let queue = QueueDefinition(name: "redis-cluster.\(UInt64.random(in: 0 ... .max))", kind: .quorum)
            return try await ServingLoad.run(settings: TestClusters.clusterSettings, queue: queue, keyPrefix: Self.prefix, body)
        }

        private func node(onPort port: String) throws -> TestNode {
            try #require(TestClusters.redisCluster.first { String($0.port) == port })
        }

        private func identifier(of node: TestNode) async throws -> String {
            try #require(try await TestClusters.ask(node, "CLUSTER", "MYID").string)
        }

        /// What the cluster says of the results' slot, its owner first.
        private func holders() async throws -> [TestNode] {
            while true {
                for node in TestClusters.redisCluster {
                    guard let reply = try? await TestClusters.ask(node, "CLUSTER", "SLOTS") else { continue }
                    let ranges = reply.elements ?? []
                    let range = ranges.compactMap(\.elements).first { range in
                        guard range.count > 2, let first = range[0].integer, let last = range[1].integer else { return false }
                        return first <= 15_495 && 15_495 <= last
                    }
                    guard let range else { continue }
                    return try range[2...].compactMap { $0.elements?[1].integer }.map { try self.node(onPort: String($0)) }
                }
            }
        }

        private func untilOwner(isNot old: TestNode) async throws {
            while try await holders().first?.port == old.port {}
        }

        /// Waits until every node sees all slots served and every replica is connected.
        private func untilWhole() async throws {
            for node in TestClusters.redisCluster {
                while true {
                    let replication = try? await TestClusters.ask(node, "INFO", "replication").string
                    let isConnected = replication.map { $0.contains("role:master") || $0.contains("master_link_status:up") }
                    let information = try? await TestClusters.ask(node, "CLUSTER", "INFO").string
                    let nodes = try? await TestClusters.ask(node, "CLUSTER", "NODES").string
                    if isConnected == true, information?.contains("cluster_state:ok") == true, nodes?.contains("fail") == false { break }
                }
            }
            while try await holders().count != 2 {}
        }

        @Test func killedMasterIsReplaced() async throws {
            try await untilWhole()
            let old = try #require(try await holders().first)
            let outcome = try await serve { load in
                try old.kill()
                try await load.answers(50)
                try await untilOwner(isNot: old)
            }
            // What only the old master had is lost with it, and asked for again.
            outcome.expectOneRightAnswerEach()
            try old.restart()
            try await untilWhole()
        }

        @Test func masterThatFallsSilentIsLeftForTheNewOne() async throws {
            try await untilWhole()
            let old = try #require(try await holders().first)
            let outcome = try await serve { load in
                try old.pause()
                try await load.answers(50)
                try old.resume()
                try await load.answers(50)
            }
            outcome.expectOneRightAnswerEach()
            try await untilWhole()
        }

        @Test func orderlyFailOverLosesNothing() async throws {
            try await untilWhole()
            let holders = try await holders()
            let outcome = try await serve { load in
                // A replica gives up after five seconds if it cannot catch up with its master by then.
                var next = ContinuousClock.now
                while try await self.holders().first?.port == holders[0].port {
                    if next > .now { continue }
                    _ = try await TestClusters.ask(holders[1], "CLUSTER", "FAILOVER")
                    next = .now + .seconds(6)
                }
                try await load.answers(50)
            }
            outcome.expectOneRightAnswerEach()
        }

        @Test func slotThatMovesLosesNothing() async throws {
            try await untilWhole()
            let old = try #require(try await holders().first)
            let new = try await otherMaster(than: old)
            let (oldIdentifier, newIdentifier) = (try await identifier(of: old), try await identifier(of: new))
            let outcome = try await serve { load in
                _ = try await TestClusters.ask(new, "CLUSTER", "SETSLOT", Self.slot, "IMPORTING", oldIdentifier)
                _ = try await TestClusters.ask(old, "CLUSTER", "SETSLOT", Self.slot, "MIGRATING", newIdentifier)
                // New keys are now asked for at the new node, and those that exist at the old.
                try await load.answers(50)
                while true {
                    let keys = try await TestClusters.ask(old, "CLUSTER", "GETKEYSINSLOT", Self.slot, "100").elements ?? []
                    if keys.isEmpty { break }
                    for key in keys.compactMap(\.string) {
                        _ = try await TestClusters.ask(old, "MIGRATE", "127.0.0.1", String(new.port), key, "0", "5000")
                    }
                }
                for node in [new, old] { _ = try await TestClusters.ask(node, "CLUSTER", "SETSLOT", Self.slot, "NODE", newIdentifier) }
                try await load.answers(50)
            }
            outcome.expectOneRightAnswerEach()
        }

        private func otherMaster(than node: TestNode) async throws -> TestNode {
            let ranges = try await TestClusters.ask(node, "CLUSTER", "SLOTS").elements ?? []
            let ports = ranges.compactMap { $0.elements?[2].elements?[1].integer }.map { String($0) }
            return try self.node(onPort: try #require(ports.first { $0 != String(node.port) }))
        }
    }
}
