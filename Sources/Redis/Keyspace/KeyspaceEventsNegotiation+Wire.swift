extension KeyspaceEventsNegotiation {
    /// Holds the negotiation on a connection that nothing else uses yet.
    nonisolated(nonsending) static func run(
        for needed: KeyspaceEvents, on wire: Wire, before deadline: LoopDeadline
    ) async throws -> (status: KeyspaceEventsStatus, refusal: Refusal?) {
        var negotiation = KeyspaceEventsNegotiation(needed: needed)
        var action = negotiation.begin()
        while true {
            switch action {
            case .finish(let status): return (status, negotiation.refusal)
            case .send(let command): action = negotiation.receive(try await wire.exchange([command], before: deadline)[0])
            }
        }
    }
}
