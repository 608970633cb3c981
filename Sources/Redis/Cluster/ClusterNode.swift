internal import EventLoop
internal import Logging

/// A node of a cluster that we talk to: its client, which runs until the node is left.
struct ClusterNode: Sendable {
    let client: RedisClient
    private let logger: Logger
    private let departure = OneShot<Void>()

    init(client: RedisClient, logger: Logger) {
        self.client = client
        self.logger = logger
    }

    /// Keeps connected until the node is left, or the task is cancelled.
    func run() async {
        await withTaskGroup(of: Void.self) { group in
            group.addTask {
                do {
                    try await client.run()
                } catch {
                    logger.error("the client of a cluster's node has ended", metadata: .init([.error: "\(error)"]))
                }
            }
            group.addTask { try? await departure.wait() }
            await group.next()
            group.cancelAll()
        }
    }

    /// Hands back what has not been sent, and disconnects. On the loop's thread only.
    func leave() {
        client.assumeIsolated { $0.abandon() }
        departure.succeed()
    }
}
