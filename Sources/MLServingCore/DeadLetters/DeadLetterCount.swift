/// What came of going through a queue of dead letters.
public struct DeadLetterCount: Sendable, Hashable {
    /// How many letters waited at the beginning. Those that came later were left for the next time.
    public var waiting: Int

    /// How many of them were looked at: all, unless enough had been found before, or others took some away.
    public var seen = 0

    /// How many of those were selected, and shown, replayed or dropped.
    public var selected = 0

    /// How many of the selected ones were not replayed, because their body is gone.
    public var refused = 0

    /// The ids that were asked for and not found, in order.
    public var missingIDs: [String] = []

    /// Makes a count of nothing so far.
    public init(waiting: Int) {
        self.waiting = waiting
    }
}
