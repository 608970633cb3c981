import EventLoop
import Logging
import MLServingCore
import Redis

@testable import MLServing

/// A broker in memory and a store in Redis, for tests of what the store does to consumers and producers.
final class StoreTransport: Transport {
    let executor: any TimedExecutor
    private let memory: any Transport
    private let serverStore: ServerStore

    /// - Parameter server: The broker, on the loop that the store is to run on.
    init(_ settings: ServingSettings, server: InMemoryServer, loop: EventLoop, logger: Logger = LiveServers.quietLogger) {
        executor = loop
        memory = server.transport()
        serverStore = ServerStore(settings: settings, name: "test", loop: loop, logger: logger)
    }

    var broker: any Broker { memory.broker }
    var store: any ResultStore { serverStore }

    var connections: [ConnectionState] {
        get async { await serverStore.connections }
    }

    func run() async throws {
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { try await self.memory.run() }
            group.addTask { try await self.serverStore.run() }
            defer { group.cancelAll() }
            while try await group.next() != nil {}
        }
    }
}
