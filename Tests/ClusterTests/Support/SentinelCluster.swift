import MLServing
import Redis
import Testing

/// The Redis servers that sentinels watch.
enum SentinelCluster {
    /// The server that the sentinels call the master.
    static func master() async throws -> TestNode {
        let reply = try await TestClusters.ask(TestClusters.sentinels[0], "SENTINEL", "GET-MASTER-ADDR-BY-NAME", "mlserving")
        let port = reply.elements.flatMap { $0.last?.string }
        return try #require(TestClusters.sentinelServers.first { String($0.port) == port })
    }

    static func untilMaster(isNot old: TestNode) async throws {
        while try await master().port == old.port {}
    }

    /// Waits until the sentinels have the master and both replicas in view, which are connected to it, and no fail-over is under way.
    static func untilWhole() async throws {
        for sentinel in TestClusters.sentinels {
            while true {
                let status = try await TestClusters.ask(sentinel, "INFO", "sentinel").string ?? ""
                let isCalm = try await flags(of: sentinel) == "master"
                if isCalm, status.contains("status=ok,"), status.contains("slaves=2,sentinels=3") { break }
            }
        }
        while true {
            let replication = try await TestClusters.ask(try await master(), "INFO", "replication").string ?? ""
            if replication.contains("connected_slaves:2") { return }
        }
    }

    /// What a sentinel notes of the master: `master`, and with it whether it is down or being replaced.
    private static func flags(of sentinel: TestNode) async throws -> String? {
        let fields = try await TestClusters.ask(sentinel, "SENTINEL", "MASTER", "mlserving").elements ?? []
        return fields.firstIndex { $0.string == "flags" }.flatMap { fields[$0 + 1].string }
    }

    /// Makes a former master a replica, for which the sentinels would take their time.
    static func degrade(_ old: TestNode) async throws {
        let port = String(try await master().port)
        while (try? await TestClusters.ask(old, "REPLICAOF", "127.0.0.1", port)) == nil {}
    }
}
