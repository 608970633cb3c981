/// Whether a store announces what is written, judged by what it says and by what is heard.
///
/// Somebody may switch the announcements of a store off, or on again, while it runs. Then a result is found by a look that nobody has given a
/// reason for, and nothing is heard around that time; or something is heard of a store that was taken to be silent. Does no I/O and knows no clock.
struct Announcements {
    typealias Instant = ContinuousClock.Instant

    /// How long an announcement may be on its way when the value can be read already.
    static let patience = Duration.milliseconds(250)

    /// What has changed.
    enum Change: Sendable { case fellSilent, isHeardAgain }

    /// Whether results are announced, as far as is known.
    private(set) var isExpected = false
    private var hasFallenSilent = false
    private var lastHeard: Instant?

    /// The store says whether it announces.
    mutating func storeSays(isPushed: Bool) -> Change? {
        defer { isExpected = isPushed }
        guard isPushed, hasFallenSilent else { return nil }
        hasFallenSilent = false
        return .isHeardAgain
    }

    /// An announcement has come. A store that does not let us look whether it announces, and does, does.
    mutating func heard(at now: Instant) -> Change? {
        lastHeard = now
        isExpected = true
        guard hasFallenSilent else { return nil }
        hasFallenSilent = false
        return .isHeardAgain
    }

    /// A look that began at an instant found results that had not been announced, and time enough has passed since.
    mutating func foundUnannounced(at start: Instant) -> Change? {
        guard isExpected, lastHeard.map({ $0 < start }) ?? true else { return nil }
        isExpected = false
        hasFallenSilent = true
        return .fellSilent
    }
}
