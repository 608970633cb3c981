import FastTextEmbedding
import Hummingbird
import HummingbirdTesting
import Logging
import MLServing
import NIOCore
import ServiceLifecycle
import Testing
import TextModels

@testable import TextClusteringService

/// The clustering service over one transport or another, as the tests run it.
enum Service {
    static let logger: Logger = {
        var logger = Logger(label: "test")
        logger.logLevel = .critical
        return logger
    }()

    /// The template's clustering, with a time limit that no test comes near to unless it wants to.
    static func configuration(timeout: Duration = .seconds(60)) throws -> ClusteringConfiguration {
        ClusteringConfiguration(clustering: try ShortTextClustering(), timeout: timeout)
    }

    /// Sends requests to the service without a server, as they come from an embedder.
    static func test(
        _ embedder: any TextEmbedder, configuration: ClusteringConfiguration? = nil,
        _ body: @Sendable (any TestClientProtocol) async throws -> Void
    ) async throws {
        let router = clusteringRouter(embedder: embedder, configuration: try configuration ?? self.configuration())
        try await Application(router: router, logger: logger).test(.router, body)
    }

    /// Runs the service on a port, for clients that nobody trusts.
    static func serve(
        _ embedder: any TextEmbedder, limits: ConnectionLimits = ConnectionLimits(), configuration: ClusteringConfiguration? = nil,
        _ body: @escaping @Sendable (_ port: Int) async throws -> Void
    ) async throws {
        let router = clusteringRouter(embedder: embedder, configuration: try configuration ?? self.configuration())
        let (ports, port) = AsyncStream<Int>.makeStream()
        let application = Application(
            router: router, server: .guarded(by: limits), configuration: .init(address: .hostname("127.0.0.1", port: 0)),
            onServerRunning: { channel in port.yield(channel.localAddress?.port ?? 0) }, logger: logger)
        let group = ServiceGroup(services: [application], gracefulShutdownSignals: [], cancellationSignals: [], logger: logger)
        try await withThrowingTaskGroup(of: Void.self) { tasks in
            tasks.addTask { try await group.run() }
            var iterator = ports.makeAsyncIterator()
            let number = try #require(await iterator.next())
            do {
                try await body(number)
            } catch {
                tasks.cancelAll()
                throw error
            }
            await group.triggerGracefulShutdown()
            try await tasks.waitForAll()
        }
    }

    /// Runs the service on a port, with a client and a consumer that meet at a queue.
    ///
    /// - Parameters:
    ///   - predictors: What consumers predict with, one each.
    ///   - queue: Where they meet.
    ///   - makeTransport: Makes the transport of a consumer, and that of the client.
    static func test(
        _ predictors: [some BatchPredictor<Texts, Embeddings>],
        queue: QueueDefinition,
        configuration: ClusteringConfiguration? = nil,
        makeTransport: @escaping @Sendable () -> any Transport,
        _ body: @escaping @Sendable (any TestClientProtocol) async throws -> Void
    ) async throws {
        let transport = makeTransport()
        let client = ProducerClient<String, [Float]>(
            transport: transport, configuration: ProducerConfiguration(route: Route(routingKey: queue.name)), logger: logger)
        let router = clusteringRouter(embedder: client, configuration: try configuration ?? self.configuration())
        var application = Application(router: router, configuration: .init(address: .hostname("127.0.0.1", port: 0)), logger: logger)
        for predictor in predictors {
            var consumer = ConsumerConfiguration(queue: queue, gracefulShutdownSignals: [])
            consumer.deadLetterQueue = nil
            application.addServices(ConsumerRunner(predictor, transport: makeTransport(), configuration: consumer, logger: logger))
            application.beforeServerStarts { try await transport.broker.declare(queue) }
        }
        application.addServices(client)
        try await application.test(.live, body)
    }
}
