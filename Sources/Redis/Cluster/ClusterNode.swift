internal import EventLoop

/// A node of a cluster that we talk to: its client, which runs until the node is left.
struct ClusterNode: Sendable {
    let client: RedisClient
    private let departure = OneShot<Void>()

    init(client: RedisClient) {
        self.client = client
    }

    /// Keeps connected until the node is left, or the task is cancelled.
    func run() async {
        await withTaskGroup(of: Void.self) { group in
            group.addTask { try? await client.run() }
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
