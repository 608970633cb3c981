/// A subscription that the server has confirmed, valid in the scope that it was opened for.
public struct RedisSubscription: Sendable {
    let subscriber: Subscriber
    let identifier: Subscriber.FeedIdentifier

    /// Everything that has arrived since the last call; waits until something has.
    ///
    /// A connection that is lost does not end the subscription: when it is restored, the next events say that messages may be missing.
    /// One task at a time reads a subscription.
    ///
    /// - Throws: ``RedisError/Code/rejected`` when the server refuses to restore the subscription, ``RedisError/Code/closed`` when the
    ///   client stops, or `CancellationError`.
    public func next() async throws -> RedisSubscriptionEvents {
        try await subscriber.next(identifier)
    }
}
