import MLServing

/// Asks something of a transport's servers, which they may never answer.
///
/// - Throws: ``TransportError`` with `unavailable` when the time is over, with what is known of the cause.
func answering<Value: Sendable>(
    within limit: Duration, on transport: ServerTransport, _ ask: @escaping @Sendable () async throws -> Value
) async throws -> Value {
    try await withThrowingTaskGroup(of: Value.self) { group in
        group.addTask { try await ask() }
        group.addTask {
            try await Task.sleep(for: limit)
            throw TransportError(code: .unavailable, message: await transport.explained("no answer within \(limit)"))
        }
        defer { group.cancelAll() }
        guard let value = try await group.next() else { throw CancellationError() }
        return value
    }
}
