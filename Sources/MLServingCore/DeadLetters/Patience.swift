/// Waits for an operation no longer than it is given.
///
/// - Returns: `nil` when the time was over first. What the operation has come to by then, cancelled or not, is returned all the same: it is never lost.
/// - Throws: What the operation throws, or `CancellationError` when the task is cancelled.
func within<Value: Sendable>(_ duration: Duration, _ operation: @escaping @Sendable () async throws -> Value) async throws -> Value? {
    try await withThrowingTaskGroup(of: Value?.self) { group in
        group.addTask { try await operation() }
        group.addTask {
            try? await Task.sleep(for: duration)
            return nil
        }
        let first = try await group.next() ?? nil
        group.cancelAll()
        if let first { return first }
        do {
            return try await group.next() ?? nil
        } catch is CancellationError {
            try Task.checkCancellation()
            return nil
        }
    }
}
