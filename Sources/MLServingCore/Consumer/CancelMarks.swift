internal import DequeModule

/// The marks in the store that say that nobody wants a request any more (G7).
///
/// A mark is a key of its own. Whoever cancels writes it, with the request's time left as its time to live; the consumers of the queue are told
/// of it by a notification, and look for it as well.
enum CancelMark {
    /// The mark for a request's result key, or for the id of another system's request.
    static func entry(for name: String, queue: String, timeToLive: Duration) -> StoreEntry {
        StoreEntry(key: ControlKey.cancellation(of: name, queue: queue), value: [1], timeToLive: max(.milliseconds(1), timeToLive))
    }
}

/// The result keys of requests that were cancelled, as far as a consumer has been told; the latest 65,536.
struct CancelledRequests {
    private static let capacity = 65_536

    private var order: Deque<String> = []
    private var keys: Set<String> = []

    func contains(_ resultKey: String) -> Bool {
        keys.contains(resultKey)
    }

    mutating func insert(_ resultKey: String) {
        guard keys.insert(resultKey).inserted else { return }
        order.append(resultKey)
        if order.count > Self.capacity, let oldest = order.popFirst() { keys.remove(oldest) }
    }
}
