/// Tells whether a request that arrives has only just been published, by this consumer's own clock.
///
/// A broker hands a message at once to a consumer that may hold more. So what comes to one that could have held more for a while has not waited
/// in the queue, where it could have been cancelled, and there is no need to look for a mark that cancels it.
struct FreeCredit {
    /// What was in the queue when there was no room has arrived after so long.
    private static let settlingTime = Duration.seconds(2)

    private var since: ContinuousClock.Instant
    private var generation: UInt64?

    init(at now: ContinuousClock.Instant) {
        since = now
    }

    /// Takes note that the consumer held as much as it may until now.
    mutating func wasUsedUp(at now: ContinuousClock.Instant) {
        since = now
    }

    /// Whether deliveries that arrive now have not waited: one alone, that has not been in another queue or consumer, by a connection that has been
    /// there for a while.
    mutating func isFresh(_ deliveries: [Delivery], at now: ContinuousClock.Instant) -> Bool {
        guard let delivery = deliveries.first else { return true }
        if delivery.tag.generation != generation {
            generation = delivery.tag.generation
            since = now
        }
        guard deliveries.count == 1, !delivery.isRedelivered, since + Self.settlingTime <= now else { return false }
        return !delivery.message.headers.contains { $0.key == MessageHeader.attempt || MessageHeader.isOfBroker($0.key) }
    }
}
