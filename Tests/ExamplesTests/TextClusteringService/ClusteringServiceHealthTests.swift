import Hummingbird
import MLServing
import MLServingHealth
import NIOCore
import ServiceLifecycle
import Testing

@testable import TextClusteringService

/// The service and its health, from the start to the end.
@Suite(.timeLimit(.minutes(5))) struct ClusteringServiceHealthTests {
    private struct Watched<Server: ServiceLifecycle.Service>: ServiceLifecycle.Service {
        let server: Server
        let health: ClusteringServiceHealth

        func run() async throws {
            try await health.watch(server)
        }
    }

    private static func answer(_ path: String, port: Int) async throws -> String {
        let client = try await RawClient(port: port)
        try await client.send("GET \(path) HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
        return try await client.receiveAll()
    }

    @Test func drainingServiceFinishesWhatItHasBegunAndSaysSo() async throws {
        let gate = Gate()
        let embedder = ClosureEmbedder { texts in
            await gate.pass()
            return texts.map { _ in [1] }
        }
        let health = ClusteringServiceHealth()
        #expect(health.report.readinessProblems.map(\.code) == [.notStarted])
        let (ports, port) = AsyncStream<Int>.makeStream()
        let endpoint = HealthServer(
            configuration: HealthConfiguration(port: 0), logger: Service.logger, onListening: { port.yield($0) },
            report: { health.report })
        let application = Application(
            router: clusteringRouter(embedder: embedder, configuration: try Service.configuration()),
            server: .guarded(by: ConnectionLimits()), configuration: .init(address: .hostname("127.0.0.1", port: 0)),
            onServerRunning: { channel in
                health.serverIsRunning()
                port.yield(channel.localAddress?.port ?? 0)
            }, logger: Service.logger)
        let group = ServiceGroup(
            services: [endpoint, Watched(server: application, health: health)], gracefulShutdownSignals: [], cancellationSignals: [],
            logger: Service.logger)
        let run = Task { try await group.run() }
        defer { gate.open() }
        var iterator = ports.makeAsyncIterator()
        var numbers = [try #require(await iterator.next()), try #require(await iterator.next())]
        // Both begin at once, in any order; only the health endpoint knows the path.
        if !(try await Self.answer("/live", port: numbers[0]).hasPrefix("HTTP/1.1 200")) { numbers.swapAt(0, 1) }
        let (healthPort, servicePort) = (numbers[0], numbers[1])
        #expect(try await Self.answer("/ready", port: healthPort).hasSuffix("{\"live\":true,\"problems\":[],\"ready\":true}\n"))
        let idle = try await RawClient(port: servicePort)
        let busy = try await RawClient(port: servicePort)
        try await busy.send("POST /api/v1/predict HTTP/1.1\r\nHost: x\r\nContent-Length: 12\r\n\r\n{\"a\":\"door\"}")
        await gate.arrival()
        await group.triggerGracefulShutdown()
        // The service takes no more connections, and closes those on which nothing goes on.
        #expect(try await idle.receiveAll().isEmpty)
        // The two are not done in one step.
        while let client = try? await RawClient(port: servicePort) { _ = try? await client.receiveAll() }
        let answer = try await Self.answer("/ready", port: healthPort)
        #expect(answer.hasPrefix("HTTP/1.1 503"))
        #expect(answer.contains("\"code\":\"draining\""))
        #expect(try await Self.answer("/live", port: healthPort).hasPrefix("HTTP/1.1 200"))
        gate.open()
        let last = try await busy.receiveAll()
        #expect(last.contains("\r\nConnection: close\r\n"))
        #expect(last.hasSuffix("{\"-1\":[\"a\"]}"))
        try await run.value
    }
}
