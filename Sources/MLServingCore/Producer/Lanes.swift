/// The lanes of all queues that a client asks.
struct Lanes {
    private var byQueue: [String: Lane] = [:]
    /// How many there may be before those that are empty are removed.
    private var limit = 64

    /// The lane of a queue.
    mutating func lane(of queue: String) -> Lane {
        if let lane = byQueue[queue] { return lane }
        if byQueue.count >= limit {
            byQueue = byQueue.filter { !$1.isEmpty }
            limit = max(64, 2 * byQueue.count)
        }
        let lane = Lane()
        byQueue[queue] = lane
        return lane
    }

    /// All of them.
    var all: some Collection<Lane> { byQueue.values }
}
