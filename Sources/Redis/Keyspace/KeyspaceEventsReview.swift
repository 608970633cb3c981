/// What is known on a connection of the right to look at the setting of keyspace notifications, and to change it.
///
/// A user without the right is not asked again and again for what is refused: each attempt shows in the server's `ACL LOG`.
struct KeyspaceEventsReview {
    /// Whether the server lets us look.
    private(set) var mayAsk = true
    private var mayWrite = true

    func negotiation(for needed: KeyspaceEvents) -> KeyspaceEventsNegotiation {
        KeyspaceEventsNegotiation(needed: needed, mayWrite: mayWrite)
    }

    mutating func finish(_ negotiation: KeyspaceEventsNegotiation) {
        switch negotiation.refusal {
        case .toLook: mayAsk = false
        case .toWrite: mayWrite = false
        case nil: break
        }
    }
}
