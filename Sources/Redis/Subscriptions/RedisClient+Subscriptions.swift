extension RedisClient {
    /// Whether the server publishes the events of ``RedisConfiguration/keyspaceEvents``, as far as could be told when the connection for
    /// subscriptions was last made.
    public var keyspaceEventsStatus: KeyspaceEventsStatus {
        subscriber.assumeIsolated { $0.keyspaceEventsStatus }
    }

    /// Subscribes to all channels that match a glob pattern while `body` runs.
    ///
    /// `body` begins once the server has confirmed: whatever is published from then on arrives, or ``RedisSubscriptionEvents/mayHaveMissed``
    /// tells that it may not have. Several subscriptions share one connection.
    ///
    /// - Parameters:
    ///   - pattern: A pattern such as `__keyspace@0__:results:*`; every write on the server is matched with it.
    ///   - body: Reads the subscription.
    /// - Throws: ``RedisError/Code/timedOut``, ``RedisError/Code/rejected``, ``RedisError/Code/closed``, or what `body` throws.
    public nonisolated(nonsending) func withPatternSubscription<Value>(
        _ pattern: String, _ body: nonisolated(nonsending) (RedisSubscription) async throws -> Value
    ) async throws -> Value {
        try await withSubscription(to: [.pattern(pattern)], body)
    }

    /// Subscribes to channels while `body` runs; see ``withPatternSubscription(_:_:)``.
    public nonisolated(nonsending) func withSubscription<Value>(
        toChannels channels: [String], _ body: nonisolated(nonsending) (RedisSubscription) async throws -> Value
    ) async throws -> Value {
        try await withSubscription(to: channels.map(SubscriptionTarget.channel), body)
    }

    private nonisolated(nonsending) func withSubscription<Value>(
        to targets: [SubscriptionTarget], _ body: nonisolated(nonsending) (RedisSubscription) async throws -> Value
    ) async throws -> Value {
        let identifier = try await subscriber.open(targets)
        let result: Result<Value, any Error>
        do {
            result = .success(try await body(RedisSubscription(subscriber: subscriber, identifier: identifier)))
        } catch {
            result = .failure(error)
        }
        await subscriber.close(identifier)
        return try result.get()
    }

    /// Subscribes to all channels that match a glob pattern, and hands what arrives to a handler: for actors of the same loop.
    ///
    /// The handler is called on the loop's thread: first, with ``RedisSubscriptionEvents/mayHaveMissed`` set, when the server has confirmed;
    /// then once for everything that arrives in a turn; with ``RedisSubscriptionEvents/mayHaveMissed`` set after each reconnect; and with a
    /// failure as the last call, when the server refuses or the client stops. Never before this method returns.
    ///
    /// - Returns: What ends the subscription, with ``unsubscribe(_:)``.
    public func subscribe(
        toPattern pattern: String, handler: @escaping @Sendable (Result<RedisSubscriptionEvents, RedisError>) -> Void
    ) -> RedisSubscriptionToken {
        RedisSubscriptionToken(identifier: subscriber.assumeIsolated { $0.open([.pattern(pattern)], handler: handler) })
    }

    /// Subscribes to channels, and hands what arrives to a handler; see ``subscribe(toPattern:handler:)``.
    public func subscribe(
        toChannels channels: [String], handler: @escaping @Sendable (Result<RedisSubscriptionEvents, RedisError>) -> Void
    ) -> RedisSubscriptionToken {
        RedisSubscriptionToken(
            identifier: subscriber.assumeIsolated { $0.open(channels.map(SubscriptionTarget.channel), handler: handler) }
        )
    }

    /// Ends a subscription that was made with a handler, which is not called again.
    public func unsubscribe(_ token: RedisSubscriptionToken) {
        subscriber.assumeIsolated { $0.close(token.identifier) }
    }
}
