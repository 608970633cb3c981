import MLServing

extension ServerTransport {
    /// Runs the transport for as long as a body uses it.
    ///
    /// - Throws: What ends the transport, or what the body throws. A body that only met a transport that has ended fails with why it has: one
    ///   server's refusal ends the connections to both.
    func whileRunning<Value: Sendable>(_ body: @escaping @Sendable () async throws -> Value) async throws -> Value {
        try await withThrowingTaskGroup(of: Value?.self) { group in
            group.addTask {
                try await self.run()
                return nil
            }
            group.addTask { try await body() }
            do {
                // The transport ends by itself only when it cannot go on, which it throws.
                guard let value = try await group.next() ?? nil else {
                    throw TransportError(code: .closed, message: "the transport has been closed")
                }
                group.cancelAll()
                // Its orderly end is when the broker has heard of the last message. How it ends does not undo what has been done.
                while let end = await group.nextResult() { _ = end }
                return value
            } catch {
                group.cancelAll()
                var cause = error
                while let end = await group.nextResult() {
                    if case .failure(let other) = end, cause.isClosure, !other.isClosure, !(other is CancellationError) { cause = other }
                }
                throw cause
            }
        }
    }
}

extension Error {
    fileprivate var isClosure: Bool { (self as? TransportError)?.code == .closed }
}
