internal import DequeModule

/// Publishes of which one made the broker close a channel or the connection, on their way again in groups that nothing else accompanies.
///
/// A group that the broker closes a channel for is halved, until the culprit is alone. A lost connection costs more than a round trip, so
/// after one the candidates go one by one: the culprit then costs two connections.
struct Isolation<Entry> {
    /// What the broker closed.
    enum Scope: Equatable {
        case channel
        case connection
    }

    private var suspects = Deque<Entry>()
    private var groupSize = 1
    /// Whether a group has been handed out, and not been confirmed.
    private(set) var isGroupOpen = false
    private(set) var scope = Scope.channel

    /// Whether publishes that are not under suspicion have to wait.
    var isActive: Bool { isGroupOpen || !suspects.isEmpty }

    var hasSuspects: Bool { !suspects.isEmpty }

    var count: Int { suspects.count }

    /// Puts candidates before those that wait already, and ends the open group, which they are what is left of.
    mutating func add(_ candidates: [Entry], after scope: Scope) {
        // What a connection was lost for stays alone until all is through.
        if !isActive || scope == .connection { self.scope = scope }
        suspects.prepend(contentsOf: candidates)
        groupSize = self.scope == .connection ? 1 : max(1, candidates.count / 2)
        isGroupOpen = false
    }

    /// Hands out the next group; empty while one is open.
    mutating func takeGroup() -> [Entry] {
        guard !isGroupOpen, !suspects.isEmpty else { return [] }
        let count = min(groupSize, suspects.count)
        let group = Array(suspects.prefix(count))
        suspects.removeFirst(count)
        isGroupOpen = true
        return group
    }

    /// Ends the open group: nothing of it is unconfirmed.
    mutating func groupEnded() {
        guard isGroupOpen else { return }
        isGroupOpen = false
        if scope == .channel { groupSize = min(groupSize * 2, 1 << 16) }
    }

    /// Takes out what fulfils a condition.
    mutating func removeAll(where isToGo: (Entry) -> Bool) {
        suspects.removeAll(where: isToGo)
    }
}
