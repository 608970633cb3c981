/// A subscription whose events go to a handler; see ``RedisClient/subscribe(toPattern:handler:)``.
public struct RedisSubscriptionToken: Sendable, Hashable {
    let identifier: Subscriber.FeedIdentifier
}
