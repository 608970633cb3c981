internal import EventLoop

extension RedisClient {
    // MARK: Any command

    /// Sends a command and waits for its reply.
    ///
    /// Cancelling the task ends the wait. A command that is sent by then is executed all the same, and its reply is dropped.
    ///
    /// - Parameters:
    ///   - command: The command. Not one that blocks or that changes the connection, such as BLPOP, MULTI, SUBSCRIBE or SELECT: the
    ///     connection is shared.
    ///   - timeout: How long to wait at most; ``RedisConfiguration/commandTimeout`` if `nil`.
    /// - Returns: The reply, which is not an error.
    /// - Throws: A ``RedisError``, or `CancellationError`.
    @discardableResult
    public func send(_ command: RedisCommand, timeout: Duration? = nil) async throws -> RedisReply {
        let identifier = makeIdentifier()
        let reply = try await withTaskCancellationHandler {
            try await withUnsafeThrowingContinuation { (continuation: UnsafeContinuation<RedisReply, any Error>) in
                // A cancellation from before has found nothing to cancel.
                if Task.isCancelled { return continuation.resume(throwing: CancellationError()) }
                issue(.single(command), identifier: identifier, timeout: timeout, mayQueue: true, waiter: .reply(continuation))
            }
        } onCancel: {
            loop.execute { self.assumeIsolated { $0.cancel(identifier) } }
        }
        if case .error(let error) = reply { throw RedisError.server(error, command: command.name, node: connectedNode) }
        return reply
    }

    /// Sends commands in one piece and waits for all replies. Other tasks' commands do not come between them, other clients' may.
    ///
    /// - Returns: A reply for each command, in order; one that failed is a ``RedisReply/error(_:)``.
    /// - Throws: A ``RedisError`` that concerns all of them, or `CancellationError`.
    public func send(pipeline commands: [RedisCommand], timeout: Duration? = nil) async throws -> [RedisReply] {
        try Task.checkCancellation()
        if commands.isEmpty { return [] }
        let identifier = makeIdentifier()
        return try await withTaskCancellationHandler {
            try await withUnsafeThrowingContinuation { (continuation: UnsafeContinuation<[RedisReply], any Error>) in
                // A cancellation from before has found nothing to cancel.
                if Task.isCancelled { return continuation.resume(throwing: CancellationError()) }
                issue(.pipeline(commands), identifier: identifier, timeout: timeout, mayQueue: true, waiter: .replies(continuation))
            }
        } onCancel: {
            loop.execute { self.assumeIsolated { $0.cancel(identifier) } }
        }
    }

    /// Sends a command, and calls `completion` on the loop's thread when the reply is there: for actors of the same loop.
    ///
    /// At most ``RedisConfiguration/maximumCommandsInFlight`` commands wait in this way; further ones fail with
    /// ``RedisError/Code/overloaded``.
    ///
    /// - Parameter completion: Called once, possibly before this method returns. An error reply is a failure.
    public func send(
        _ command: RedisCommand, timeout: Duration? = nil, completion: @escaping @Sendable (Result<RedisReply, RedisError>) -> Void
    ) {
        issue(
            .single(command), identifier: makeIdentifier(), timeout: timeout, mayQueue: false,
            waiter: .completion(command: command.name, completion)
        )
    }

    /// Sends commands in one piece, and calls `completion` on the loop's thread when all replies are there: for actors of the same loop.
    ///
    /// - Parameter completion: Called once, possibly before this method returns. A command that failed is a ``RedisReply/error(_:)``.
    public func send(
        pipeline commands: [RedisCommand], timeout: Duration? = nil,
        completion: @escaping @Sendable (Result<[RedisReply], RedisError>) -> Void
    ) {
        if commands.isEmpty { return completion(.success([])) }
        issue(
            .pipeline(commands), identifier: makeIdentifier(), timeout: timeout, mayQueue: false, waiter: .pipelineCompletion(completion)
        )
    }

    // MARK: Particular commands

    /// Stores a value.
    ///
    /// - Parameters:
    ///   - key: The key.
    ///   - value: The value's bytes.
    ///   - expiry: How long the key lives, to the millisecond; `nil` for ever.
    ///   - onlyIfAbsent: Leaves a key that exists as it is.
    /// - Returns: Whether the value was stored: `false` only if the key existed and `onlyIfAbsent` is set.
    @discardableResult
    public func set(_ key: String, to value: [UInt8], expiry: Duration? = nil, onlyIfAbsent: Bool = false) async throws -> Bool {
        switch try await send(.set(key, to: value, expiry: expiry, onlyIfAbsent: onlyIfAbsent)) {
        case .simpleString: return true
        case .null where onlyIfAbsent: return false
        case let other: throw RedisError.unexpected(other, to: "SET")
        }
    }

    /// The value of a key, or `nil` when there is no such key.
    public func get(_ key: String) async throws -> [UInt8]? {
        try Self.value(in: await send(.get(key)))
    }

    /// The values of several keys, in order, in one round trip.
    public func get(_ keys: [String]) async throws -> [[UInt8]?] {
        try await send(pipeline: keys.map { .get($0) }).map { reply in
            if case .error(let error) = reply { throw RedisError.server(error, command: "GET", node: connectedNode) }
            return try Self.value(in: reply)
        }
    }

    /// Removes keys, and lets the server free their memory in the background.
    ///
    /// - Returns: How many existed.
    @discardableResult
    public func unlink(_ keys: [String]) async throws -> Int {
        if keys.isEmpty { return 0 }
        return try await send(.unlink(keys)).count(of: "UNLINK").get()
    }

    /// Whether a key exists.
    public func exists(_ key: String) async throws -> Bool {
        try await send(.exists(key)).count(of: "EXISTS").get() > 0
    }

    /// Asks the server for a sign of life, and returns the time that it took.
    @discardableResult
    public func ping() async throws -> Duration {
        let start = ContinuousClock.now
        try await send(.ping)
        return start.duration(to: .now)
    }

    /// What the server tells about itself: the fields of one section of `INFO`, such as `server`, `memory` or `replication`.
    public func info(_ section: String) async throws -> [String: String] {
        let reply = try await send(.words("INFO", [section]))
        guard let text = reply.string else { throw RedisError.unexpected(reply, to: "INFO") }
        return text.split(whereSeparator: \.isNewline).reduce(into: [:]) { fields, line in
            guard !line.hasPrefix("#"), let colon = line.firstIndex(of: ":") else { return }
            fields[String(line[..<colon])] = String(line[line.index(after: colon)...])
        }
    }

    // MARK: Keyspace notifications

    /// Switches keyspace notifications on where they are missing and permitted; see ``RedisConfiguration/keyspaceEvents`` for those that
    /// are to be restored after each reconnect.
    public func ensureKeyspaceEvents(_ events: KeyspaceEvents) async throws -> KeyspaceEventsStatus {
        var negotiation = KeyspaceEventsNegotiation(needed: events)
        var action = negotiation.begin()
        while true {
            switch action {
            case .finish(let status): return status
            case .send(let command): action = negotiation.receive(try await send(pipeline: [command])[0])
            }
        }
    }

    private static func value(in reply: RedisReply) throws(RedisError) -> [UInt8]? {
        switch reply {
        case .bulk(let bytes): return bytes
        case .null: return nil
        default: throw .unexpected(reply, to: "GET")
        }
    }
}
