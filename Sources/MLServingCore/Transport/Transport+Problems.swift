internal import EventLoop

/// What an error says of servers that were not reached, when all that is known of it is that time is over.
extension Transport {
    /// Why the connections that are needed cannot be used, each reason once; `nil` when all can be, or nothing is known.
    package var problems: String? {
        get async {
            var reasons: [String] = []
            for connection in await connections where !connection.isConnected {
                guard let problem = connection.problem, !reasons.contains(problem) else { continue }
                reasons.append(problem)
            }
            return reasons.isEmpty ? nil : reasons.joined(separator: "; ")
        }
    }

    /// A sentence about something that did not happen in time, with what is known of the cause.
    package func explained(_ message: String) async -> String {
        await problems.map { "\(message): \($0)" } ?? message
    }

    /// Asks something of the servers, which they may never answer.
    ///
    /// - Throws: ``TransportError`` with `unavailable` when the time is over, with what is known of the cause.
    package func answer<Value: Sendable>(
        until limit: ContinuousClock.Instant, to ask: @escaping @Sendable () async throws -> Value
    ) async throws -> Value {
        let executor = executor
        return try await withThrowingTaskGroup(of: Value.self) { group in
            group.addTask { try await ask() }
            group.addTask(executorPreference: executor) {
                try await executor.sleep(until: limit)
                throw TransportError(code: .unavailable, message: await self.explained("no answer in time"))
            }
            defer { group.cancelAll() }
            guard let answer = try await group.next() else { throw CancellationError() }
            return answer
        }
    }
}
