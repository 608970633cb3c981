import MLServingTesting
import Testing

@testable import MLServingCore

@Suite("RetryPolicy")
struct RetryPolicyTests {
    @Test func boundDoublesUpToTheMaximum() {
        let policy = RetryPolicy(maximumAttempts: 100, baseDelay: .seconds(1), maximumDelay: .seconds(10))
        #expect((1...6).map { policy.bound(after: $0) } == [1, 2, 4, 8, 10, 10].map { .seconds($0) })
        #expect(policy.bound(after: .max) == .seconds(10))
    }

    @Test func delaysAreSpreadOverTheWholeRange() throws {
        let policy = RetryPolicy(maximumAttempts: 3, baseDelay: .seconds(8))
        var generator = SeededGenerator(seed: 7)
        var quarters: [Duration: Int] = [:]
        for _ in 0..<4_000 {
            let (delay, slice) = try #require(policy.delay(after: 1, using: &generator))
            #expect(delay > .zero && delay <= slice && slice <= .seconds(8))
            #expect(slice - delay < .seconds(2))
            quarters[slice, default: 0] += 1
        }
        #expect(Set(quarters.keys) == [.seconds(2), .seconds(4), .seconds(6), .seconds(8)])
        #expect(quarters.values.allSatisfy { (800...1_200).contains($0) })
    }

    @Test func attemptsAreBounded() {
        var generator = SeededGenerator(seed: 1)
        let policy = RetryPolicy(maximumAttempts: 3)
        #expect(policy.delay(after: 2, using: &generator) != nil)
        #expect(policy.delay(after: 3, using: &generator) == nil)
        #expect(RetryPolicy.never.delay(after: 1, using: &generator) == nil)
    }

    @Test func shortestDelaysHaveQueuesToo() throws {
        var generator = SeededGenerator(seed: 2)
        let policy = RetryPolicy(baseDelay: .zero, maximumDelay: .zero)
        for _ in 0..<100 {
            let (delay, slice) = try #require(policy.delay(after: 1, using: &generator))
            #expect(delay >= .milliseconds(1) && delay <= slice)
        }
    }
}
