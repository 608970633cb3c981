import MLServing
import MLServingTesting
import Testing

/// Everything that uses the clusters, one after the other: a test that ends a node must not disturb another.
@Suite("Clusters (live)", .enabled(if: TestClusters.areThere), .serialized, .timeLimit(.minutes(FaultLab.minutes)))
enum ClusterTests {}

extension ClusterTests {
    @Suite("Transport over a RabbitMQ cluster and a Redis Cluster")
    struct ClusterTransportTests {
        @Test(arguments: TransportConformance.checks)
        func conforms(to check: TransportConformance.Check) async throws {
            try await check.run {
                ServerTransport(settings: TestClusters.clusterSettings, name: "test", logger: TestClusters.quietLogger)
            }
        }
    }

    @Suite("Transport over a RabbitMQ cluster and Redis Sentinel")
    struct SentinelTransportTests {
        @Test(arguments: TransportConformance.checks)
        func conforms(to check: TransportConformance.Check) async throws {
            try await check.run {
                ServerTransport(settings: TestClusters.sentinelSettings, name: "test", logger: TestClusters.quietLogger)
            }
        }
    }
}
