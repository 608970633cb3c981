/// How long to wait before trying again: a random time between nothing and a bound that doubles with each failure ("full jitter").
///
/// Clients that lost the same server at the same moment thus do not return at the same moment.
struct Backoff<Generator: RandomNumberGenerator> {
    private let base: Duration
    private let maximum: Duration
    private var bound: Duration
    private var generator: Generator

    init(base: Duration, maximum: Duration, generator: Generator) {
        self.base = base
        self.maximum = maximum
        self.generator = generator
        bound = min(base, maximum)
    }

    /// The next wait.
    mutating func next() -> Duration {
        defer { bound = min(bound * 2, maximum) }
        return bound * Double.random(in: 0...1, using: &generator)
    }

    /// Starts over, after a success.
    mutating func reset() {
        bound = min(base, maximum)
    }
}
