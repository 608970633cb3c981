/// When to try again what a server did not do: after a random time between nothing and a bound that doubles with each failure ("full jitter").
///
/// One value a server operation that is repeated. It also says which failures are worth a log line, so that a server that is away for an hour
/// costs a dozen lines and not thousands.
struct Backoff: Sendable, Hashable {
    /// The first bound.
    let base: Duration
    /// What the bound grows to.
    let maximum: Duration
    /// How many times in a row the operation has failed.
    private(set) var failures = 0

    init(base: Duration = .milliseconds(50), maximum: Duration = .seconds(5)) {
        self.base = base
        self.maximum = maximum
    }

    /// Counts a failure.
    ///
    /// - Returns: How long to wait before the next attempt.
    mutating func next(using generator: inout some RandomNumberGenerator) -> Duration {
        let bound = min(base * (1 << min(failures, 30)), maximum)
        failures += 1
        return bound * Double.random(in: 0...1, using: &generator)
    }

    /// Whether the last failure is the first, second, fourth, eighth and so on in a row.
    var isWorthLogging: Bool { failures & (failures - 1) == 0 }

    /// Starts over, after a success.
    mutating func reset() {
        failures = 0
    }
}
