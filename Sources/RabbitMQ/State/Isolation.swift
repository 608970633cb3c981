internal import DequeModule

/// Publishes of which one made the broker close a channel or the connection, on their way again in groups that nothing else accompanies.
///
/// A group that the broker closes a channel for is halved, until the culprit is alone. A lost connection costs more than a round trip, so
/// after one the candidates go one by one: the culprit then costs two connections. A connection that ended without a word is probably nobody's
/// fault, and then all candidates soon get through: they go in halves.
struct Isolation<Entry> {
    /// What was lost. The later ones are stricter.
    enum Scope: Comparable {
        /// The broker closed the channel.
        case channel
        /// The connection ended, and the broker has not said why.
        case ending
        /// The broker closed the connection.
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

    /// How many the group would have that is opened next.
    var nextGroupCount: Int { min(nextGroupSize, suspects.count) }

    /// A group that was confirmed is followed by a larger one.
    private var nextGroupSize: Int { isGroupOpen && scope != .connection ? min(groupSize * 2, 1 << 16) : groupSize }

    /// Puts candidates before those that wait already, and ends the open group, which they are what is left of.
    mutating func add(_ candidates: [Entry], after scope: Scope) {
        // What a connection was lost for stays alone until all is through.
        if !isActive || scope > self.scope { self.scope = scope }
        suspects.prepend(contentsOf: candidates)
        groupSize = self.scope == .connection ? 1 : max(1, candidates.count / 2)
        groupRest = 0
        isGroupOpen = false
    }

    /// Ends the group that is open, of which nothing is unconfirmed, and opens the next, if any suspects are left.
    mutating func openNextGroup() {
        groupSize = nextGroupSize
        groupRest = min(groupSize, suspects.count)
        isGroupOpen = groupRest > 0
    }

    /// Hands out the next of the open group.
    mutating func takeNext() -> Entry? {
        guard groupRest > 0 else { return nil }
        groupRest -= 1
        return suspects.removeFirst()
    }

    /// Takes out all that have not been handed out, and ends the isolation.
    mutating func takeAll() -> [Entry] {
        defer {
            suspects.removeAll()
            groupRest = 0
            isGroupOpen = false
        }
        return Array(suspects)
    }

    /// Changes all that have not been handed out.
    mutating func updateAll(_ change: (inout Entry) -> Void) {
        for index in suspects.indices { change(&suspects[index]) }
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
