import MLServing

/// Asks a server something that it may never answer.
///
/// - Throws: ``TransportError`` with `unavailable` when the time is over.
func answering<Value: Sendable>(
    within limit: Duration, _ ask: @escaping @Sendable () async throws -> Value
) async throws -> Value {
    try await withThrowingTaskGroup(of: Value.self) { group in
        group.addTask { try await ask() }
        group.addTask {
            try await Task.sleep(for: limit)
            throw TransportError(code: .unavailable, message: "no answer within \(limit)")
        }
        defer { group.cancelAll() }
        guard let value = try await group.next() else { throw CancellationError() }
        return value
    }
}
