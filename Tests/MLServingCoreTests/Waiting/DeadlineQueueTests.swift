import Testing

@testable import MLServingCore

@Suite("DeadlineQueue")
struct DeadlineQueueTests {
    private let start = ContinuousClock.now

    @Test func emptyQueueHasNoDeadline() {
        var queue = DeadlineQueue()
        #expect(queue.first == nil)
        #expect(queue.popExpired(at: start) == [])
    }

    @Test func namesComeOutInTheOrderOfTheirDeadlines() {
        var queue = DeadlineQueue()
        for number in [5, 1, 4, 2, 3] { queue.insert("\(number)", deadline: start + .seconds(number)) }
        #expect(queue.first == start + .seconds(1))
        #expect(queue.popExpired(at: start + .seconds(3)) == ["1", "2", "3"])
        #expect(queue.first == start + .seconds(4))
        #expect(queue.popExpired(at: start + .seconds(3)) == [])
        #expect(queue.popExpired(at: start + .seconds(9)) == ["4", "5"])
    }

    @Test func compactionKeepsTheLiveOnes() {
        var queue = DeadlineQueue()
        for number in 0..<200 { queue.insert("\(number)", deadline: start + .seconds(number)) }
        queue.compact(liveCount: 2) { $0 == "150" || $0 == "20" }
        #expect(queue.first == start + .seconds(20))
        #expect(queue.popExpired(at: start + .seconds(1_000)) == ["20", "150"])
    }

    @Test func endedWaitsNeverOutnumberTheLiveOnesByMuch() {
        var queue = DeadlineQueue()
        // Each wait ends before the next begins, a long time before its deadline.
        for number in 0..<10_000 {
            queue.insert("\(number)", deadline: start + .seconds(100_000 - number))
            queue.compact(liveCount: 0) { _ in false }
        }
        #expect(queue.popExpired(at: start + .seconds(200_000)).count <= 64)
    }
}
