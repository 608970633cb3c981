internal import EventLoop

/// Asks nodes a question until one answers it, on connections that last for the answer.
///
/// Some are asked at once, so that one that does not answer holds nothing up.
struct Inquiry<Answer: Sendable>: Sendable {
    /// How many are asked at once.
    private static var width: Int { 3 }

    let connector: Connector
    let question: RedisCommand
    /// Reads an answer; throws why it is none.
    let read: @Sendable (RedisReply, RedisNode) throws(RedisError) -> Answer

    /// The first answer.
    ///
    /// - Throws: ``RedisError``, with the reasons of all nodes, or `CancellationError`.
    nonisolated(nonsending) func answer(of nodes: [RedisNode]) async throws -> Answer {
        try await withThrowingTaskGroup(of: Result<Answer, RedisError>.self) { group in
            var waiting = nodes[...]
            func askNext() {
                guard let node = waiting.popFirst() else { return }
                group.addTask(executorPreference: connector.loop) { try await ask(node) }
            }
            for _ in 0..<Self.width { askNext() }
            var failures: [RedisError] = []
            while let result = try await group.next() {
                switch result {
                case .success(let answer):
                    group.cancelAll()
                    return answer
                case .failure(let error):
                    failures.append(error)
                    askNext()
                }
            }
            throw Connector.summary(of: failures)
        }
    }

    nonisolated(nonsending) private func ask(_ node: RedisNode) async throws -> Result<Answer, RedisError> {
        do {
            let wire = try await connector.connect(to: node)
            defer { wire.close() }
            let deadline = LoopDeadline(
                loop: connector.loop, instant: .now.advanced(by: connector.configuration.commandTimeout),
                error: RedisError(.cannotConnect, "no reply to \(question) in time", node: node)
            )
            return .success(try read(try await wire.exchange([question], before: deadline)[0], node))
        } catch let error as RedisError {
            return .failure(error)
        }
    }
}
