/// What goes wrong on an ``UnreliableTransport``, and how often: probabilities from 0 to 1, and bounds on times that are drawn evenly.
public struct TransportFaults: Sendable {
    /// How long anything takes to the server, and from it.
    public var latency: ClosedRange<Duration> = .zero ... .zero

    /// How often a publish fails with `connectionLost` and never arrives.
    public var lostPublishes = 0.0

    /// How often a publish arrives, and its confirmation does not.
    public var lostConfirmations = 0.0

    /// How often a message arrives twice.
    public var duplicates = 0.0

    /// How often a delivery is held up, so that later ones overtake it, and for how long.
    public var delays = 0.0
    /// See ``delays``.
    public var delay: ClosedRange<Duration> = .milliseconds(1) ... .seconds(1)

    /// How often a command of the store fails, before or after it has taken effect.
    public var storeFailures = 0.0

    /// How often a message is refused because the broker is short of something, with `overloaded`. It never arrives.
    ///
    /// Not among ``everything``: a client that hears it is done.
    public var refusedPublishes = 0.0

    /// The largest body of a message; larger ones are refused with `tooLarge`. `nil`: none is.
    public var maximumByteCount: Int?

    /// How often a notification is lost.
    public var lostNotifications = 0.0

    /// How long a connection lasts before it breaks; `nil`: for ever.
    public var connectionLife: ClosedRange<Duration>?

    /// How long the servers stay away then.
    public var outage: ClosedRange<Duration> = .milliseconds(1) ... .seconds(2)

    /// Nothing goes wrong.
    public init() {}

    /// Nothing goes wrong, as far as chance decides on it; what is too large still is.
    public var calmed: TransportFaults {
        var faults = TransportFaults()
        faults.maximumByteCount = maximumByteCount
        return faults
    }

    /// Everything goes wrong now and then.
    public static var everything: TransportFaults {
        var faults = TransportFaults()
        faults.latency = .microseconds(100) ... .milliseconds(20)
        faults.lostPublishes = 0.03
        faults.lostConfirmations = 0.03
        faults.duplicates = 0.03
        faults.delays = 0.1
        faults.storeFailures = 0.03
        faults.lostNotifications = 0.2
        faults.connectionLife = .milliseconds(50) ... .seconds(20)
        return faults
    }
}
