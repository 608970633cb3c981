internal import ServiceLifecycle
internal import TextClusteringService

/// The HTTP server, whose health is told elsewhere.
struct WatchedServer<Server: Service>: Service {
    let server: Server
    let health: ClusteringServiceHealth

    func run() async throws {
        try await health.watch(server)
    }
}
