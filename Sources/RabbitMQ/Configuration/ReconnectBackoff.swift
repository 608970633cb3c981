/// How long a client waits before it goes through the nodes again.
///
/// The wait is drawn evenly from zero to a ceiling that doubles with each round ("full jitter"), so that the clients of a broker that
/// comes back do not all return at once.
public struct ReconnectBackoff: Sendable, Hashable {
    /// The ceiling of the first wait.
    public var initialCeiling: Duration
    /// What the ceiling grows to. The waits start over after a connection that lasted as long, or on which a publish was confirmed or a
    /// message delivered.
    public var maximumCeiling: Duration

    /// Makes a backoff.
    public init(initialCeiling: Duration = .milliseconds(100), maximumCeiling: Duration = .seconds(3)) {
        self.initialCeiling = initialCeiling
        self.maximumCeiling = maximumCeiling
    }

    /// The ceiling of the wait after a number of fruitless rounds.
    func ceiling(afterRounds rounds: Int) -> Duration {
        let factor = 1 << min(max(0, rounds), 30)
        return min(initialCeiling * factor, maximumCeiling)
    }

    func delay(afterRounds rounds: Int, using generator: inout some RandomNumberGenerator) -> Duration {
        ceiling(afterRounds: rounds) * Double.random(in: 0...1, using: &generator)
    }
}
