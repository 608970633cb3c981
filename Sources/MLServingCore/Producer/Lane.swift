internal import DequeModule

/// The requests of one queue: how many are under way, and which wait for their turn.
///
/// Each queue has a lane of its own, so that a model that answers slowly holds up no call of another one. A class, because each request finds
/// its lane once and keeps it.
final class Lane {
    /// How many are under way.
    private(set) var inFlightCount = 0
    /// The addresses of those that wait, the oldest first, and of some that have ended meanwhile.
    private var order: Deque<String> = []

    /// Whether nothing is left of it.
    var isEmpty: Bool { inFlightCount == 0 && order.isEmpty }
    /// Whether somebody waits.
    var isCrowded: Bool { !order.isEmpty }

    func begin() { inFlightCount += 1 }
    func end() { inFlightCount -= 1 }
    func append(_ address: String) { order.append(address) }

    /// The next that waits, if there is room for one more.
    func popFirst(within limit: Int) -> String? { inFlightCount < limit ? order.popFirst() : nil }

    /// Forgets those that have ended, once they are more than those that have not.
    func compact(queuedCount: Int, isQueued: (String) -> Bool) {
        if order.count > 2 * queuedCount + 64 { order.removeAll { !isQueued($0) } }
    }
}
