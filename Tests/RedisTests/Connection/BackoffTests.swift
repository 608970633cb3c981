import Testing

@testable import Redis

@Suite("Backoff")
struct BackoffTests {
    /// Always the upper end.
    struct HighestNumbers: RandomNumberGenerator {
        mutating func next() -> UInt64 { .max }
    }

    @Test func boundDoublesUpToTheMaximumAndStartsOver() {
        var backoff = Backoff(base: .milliseconds(100), maximum: .milliseconds(350), generator: HighestNumbers())
        let waits = (0..<4).map { _ in backoff.next() }
        for (wait, bound) in zip(waits, [100, 200, 350, 350]) {
            #expect(wait > .milliseconds(bound) * 0.99 && wait <= .milliseconds(bound))
        }
        backoff.reset()
        #expect(backoff.next() <= .milliseconds(100))
    }
}
