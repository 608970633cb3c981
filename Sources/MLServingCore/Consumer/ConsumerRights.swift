/// The rights that a consumer's users lack on the servers, and what waits for them. Does no I/O.
struct ConsumerRights {
    enum Server: Sendable { case broker, store }

    private var missing: Set<Server> = []
    /// What the broker has not let us publish.
    private(set) var withheld: [WithheldPublication] = []
    /// Whether the intake has been ended for want of a right, and has not begun again.
    private(set) var isPaused = false

    /// Whether the consumer may do all that it needs.
    var areComplete: Bool { missing.isEmpty }

    func isMissing(_ server: Server) -> Bool { missing.contains(server) }

    /// Notes that a right is missing.
    ///
    /// - Returns: Whether that is news.
    mutating func lack(_ server: Server) -> Bool { missing.insert(server).inserted }

    /// Notes that a right is there.
    ///
    /// - Returns: Whether that is news.
    mutating func grant(_ server: Server) -> Bool { missing.remove(server) != nil }

    mutating func withhold(_ publication: WithheldPublication) { withheld.append(publication) }

    mutating func takeWithheld() -> [WithheldPublication] {
        defer { withheld = [] }
        return withheld
    }

    /// Notes that the intake ends.
    ///
    /// - Returns: Whether it is for the caller to end it.
    mutating func pause() -> Bool {
        defer { isPaused = true }
        return !isPaused
    }

    mutating func resume() { isPaused = false }
}

/// A message that waits for the right to publish it.
struct WithheldPublication: Sendable {
    let publication: Publication
    let request: ActiveRequest
    let completion: @Sendable (isolated ConsumerEngine, Result<Void, TransportError>) -> Void
}
