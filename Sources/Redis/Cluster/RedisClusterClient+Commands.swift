internal import EventLoop

extension RedisClusterClient {
    /// Sends a command and waits for its reply.
    ///
    /// - Parameters:
    ///   - command: The command, with its key as the first argument; one without arguments goes to any node.
    ///   - timeout: How long to wait at most; ``RedisConfiguration/commandTimeout`` if `nil`.
    /// - Returns: The reply, which is not an error.
    /// - Throws: A ``RedisError``, or `CancellationError`.
    @discardableResult
    public func send(_ command: RedisCommand, timeout: Duration? = nil) async throws -> RedisReply {
        let reply = try await send(pipeline: [command], timeout: timeout)[0]
        if case .error(let error) = reply { throw RedisError.server(error, command: command.name, node: nil) }
        return reply
    }

    /// Sends commands, each to the node that owns its slot, and waits for all replies.
    ///
    /// Those for one node are executed in order, those for different nodes side by side.
    ///
    /// - Returns: A reply for each command, in order; one that failed is a ``RedisReply/error(_:)``.
    /// - Throws: A ``RedisError`` that concerns all of them, or `CancellationError`. Some may have been executed all the same:
    ///   ``RedisError/isOutcomeUnknown`` speaks of the one that failed.
    public func send(pipeline commands: [RedisCommand], timeout: Duration? = nil) async throws -> [RedisReply] {
        try await send(ClusterPipeline(commands), timeout: timeout)
    }

    func send(_ pipeline: ClusterPipeline, timeout: Duration?) async throws -> [RedisReply] {
        try Task.checkCancellation()
        if pipeline.commands.isEmpty { return [] }
        let identifier = makeIdentifier()
        return try await withTaskCancellationHandler {
            try await withUnsafeThrowingContinuation { (continuation: UnsafeContinuation<[RedisReply], any Error>) in
                // A cancellation from before has found nothing to cancel.
                if Task.isCancelled { return continuation.resume(throwing: CancellationError()) }
                issue(pipeline, identifier: identifier, timeout: timeout, mayQueue: true, waiter: .replies(continuation))
            }
        } onCancel: {
            loop.execute { self.assumeIsolated { $0.cancel(identifier) } }
        }
    }

    /// Sends commands, each to the node that owns its slot, and calls `completion` on the loop's thread when all replies are there.
    ///
    /// - Parameter completion: Called once, possibly before this method returns. A command that failed is a ``RedisReply/error(_:)``.
    public func send(
        pipeline commands: [RedisCommand], timeout: Duration? = nil,
        completion: @escaping @Sendable (Result<[RedisReply], RedisError>) -> Void
    ) {
        if commands.isEmpty { return completion(.success([])) }
        issue(
            ClusterPipeline(commands), identifier: makeIdentifier(), timeout: timeout, mayQueue: false,
            waiter: .pipelineCompletion(completion)
        )
    }

    /// The `run_id` of the node that owns the slot of a prefix; see ``RedisClientProtocol/serverRun(forKeysWithPrefix:)``.
    public func serverRun(forKeysWithPrefix prefix: String) async throws -> String? {
        guard let slot = HashSlot(sharedByKeysWithPrefix: prefix) else { return nil }
        return try await send(ClusterPipeline([.serverInformation], slot: slot), timeout: nil)[0].runIdentifier
    }

    /// Removes keys, and calls `completion` on the loop's thread with how many existed.
    public func unlink(_ keys: [String], completion: @escaping @Sendable (Result<Int, RedisError>) -> Void) {
        // One command takes keys of one slot only.
        let groups = Dictionary(grouping: keys) { HashSlot(key: $0) }
        send(pipeline: groups.values.map { .unlink($0) }) { result in
            completion(
                result.flatMap { replies in
                    replies.reduce(.success(0)) { sum, reply in
                        sum.flatMap { sum in reply.count(of: "UNLINK").map { sum + $0 } }
                    }
                }
            )
        }
    }
}
