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
    /// How many of the open group are still to be handed out.
    private(set) var groupRest = 0
    /// Whether a group has begun to be handed out, and not been confirmed.
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
        groupRest = 0
        isGroupOpen = false
    }

    /// Ends the group that is open, of which nothing is unconfirmed, and opens the next, if any suspects are left.
    mutating func openNextGroup() {
        if isGroupOpen, scope == .channel { groupSize = min(groupSize * 2, 1 << 16) }
        groupRest = min(groupSize, suspects.count)
        isGroupOpen = groupRest > 0
    }

    /// Hands out the next of the open group.
    mutating func takeNext() -> Entry? {
        guard groupRest > 0 else { return nil }
        groupRest -= 1
        return suspects.removeFirst()
    }

    /// Takes out what fulfils a condition.
    mutating func removeAll(where isToGo: (Entry) -> Bool) {
        var index = 0
        let size = groupRest
        suspects.removeAll { suspect in
            defer { index += 1 }
            guard isToGo(suspect) else { return false }
            if index < size { groupRest -= 1 }
            return true
        }
    }
}
