/// Whether a broker knows a consumer, and since when that is so.
public struct Registration: Sendable, Hashable {
    /// Whether the broker hands deliveries to the consumer.
    public var isRegistered: Bool

    /// Since when it does, or does not.
    public var since: ContinuousClock.Instant

    /// Makes a registration.
    public init(isRegistered: Bool, since: ContinuousClock.Instant) {
        self.isRegistered = isRegistered
        self.since = since
    }
}
