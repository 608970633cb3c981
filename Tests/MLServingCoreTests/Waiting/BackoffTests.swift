import Testing

@testable import MLServingCore

@Suite struct BackoffTests {
    /// The largest number each time, so that waits are as long as their bounds.
    private struct Largest: RandomNumberGenerator {
        func next() -> UInt64 { .max }
    }

    @Test func boundsDoubleUpToTheMaximum() {
        var backoff = Backoff(base: .milliseconds(50), maximum: .milliseconds(300))
        var generator = Largest()
        let waits = (0..<5).map { _ in backoff.next(using: &generator) }
        #expect(waits == [.milliseconds(50), .milliseconds(100), .milliseconds(200), .milliseconds(300), .milliseconds(300)])
    }

    @Test func neverOverflowsHoweverOftenItFails() {
        var backoff = Backoff()
        var generator = Largest()
        for _ in 0..<1_000 { _ = backoff.next(using: &generator) }
        #expect(backoff.next(using: &generator) == .seconds(5))
    }

    @Test func logsRarelyAsFailuresGoOn() {
        var backoff = Backoff()
        var generator = Largest()
        let logged = (1...20).filter { _ in
            _ = backoff.next(using: &generator)
            return backoff.isWorthLogging
        }
        #expect(logged == [1, 2, 4, 8, 16])
    }

    @Test func startsOverAfterASuccess() {
        var backoff = Backoff(base: .milliseconds(50))
        var generator = Largest()
        _ = backoff.next(using: &generator)
        _ = backoff.next(using: &generator)
        backoff.reset()
        #expect(backoff.next(using: &generator) == .milliseconds(50))
    }
}
