import MLServingTesting
import Testing

@testable import MLServingCore

@Suite("InMemoryQueue")
struct InMemoryQueueTests {
    private let start = ContinuousClock.now

    private func message(_ name: String, timeToLive: Duration? = nil) -> Message {
        Message(body: [], messageID: name, timeToLive: timeToLive)
    }

    private func queue(_ names: [String], _ definition: QueueDefinition = QueueDefinition(name: "q")) throws -> InMemoryQueue {
        var queue = InMemoryQueue(definition)
        for name in names { _ = try queue.append(message(name), at: start) }
        return queue
    }

    private func take(_ count: Int, from queue: inout InMemoryQueue) -> [InMemoryQueue.Entry] {
        (0..<count).compactMap { _ in queue.popFirst() }
    }

    private func drain(_ queue: inout InMemoryQueue) -> [String] {
        take(queue.depth, from: &queue).compactMap(\.message.messageID)
    }

    @Test func firstInIsFirstOut() throws {
        var queue = try queue(["a", "b", "c"])
        #expect(queue.depth == 3)
        #expect(drain(&queue) == ["a", "b", "c"])
    }

    @Test func deliveriesArePutBackWhereTheyWere() throws {
        var queue = try queue(["a", "b", "c", "d", "e"])
        let taken = take(4, from: &queue)
        queue.putBack([taken[2], taken[0]])
        let again = queue.popFirst()
        #expect(again?.deliveryCount == 1)
        queue.putBack([taken[3], taken[1]])
        #expect(drain(&queue) == ["b", "c", "d", "e"])
    }

    @Test func whatComesBackLaterThanItsSuccessorsIsStillInFrontOfThem() throws {
        var queue = try queue(["a", "b", "c"])
        let taken = take(2, from: &queue)
        queue.putBack([taken[1]])
        queue.putBack([taken[0]])
        #expect(drain(&queue) == ["a", "b", "c"])
    }

    @Test func onlyWhatWasDeliveredCountsAsRedelivered() throws {
        var queue = try queue(["a", "b"])
        let first = take(1, from: &queue)
        #expect(first.map(\.deliveryCount) == [0])
        queue.putBack(first)
        #expect(take(2, from: &queue).map(\.deliveryCount) == [1, 0])
    }

    @Test func fullQueueRefuses() throws {
        var queue = try queue(["a", "b"], QueueDefinition(name: "q", maximumLength: 2))
        let error = #expect(throws: TransportError.self) { try queue.append(message("c"), at: start) }
        #expect(error?.code == .overloaded)
        #expect(drain(&queue) == ["a", "b"])
    }

    @Test func fullQueueDropsItsOldest() throws {
        var queue = try queue(["a", "b"], QueueDefinition(name: "q", maximumLength: 2, overflow: .dropOldest))
        let dropped = try queue.append(message("c"), at: start)
        #expect(dropped.map(\.message.messageID) == ["a"])
        #expect(drain(&queue) == ["b", "c"])
    }

    @Test func messagesExpireAtTheHeadOnly() throws {
        var queue = InMemoryQueue(QueueDefinition(name: "q"))
        _ = try queue.append(message("a", timeToLive: .seconds(9)), at: start)
        _ = try queue.append(message("b", timeToLive: .seconds(1)), at: start)
        let early = queue.popExpired(at: start + .seconds(5))
        #expect(early.isEmpty)
        #expect(queue.headExpiry == start + .seconds(9))
        _ = queue.popFirst()
        let late = queue.popExpired(at: start + .seconds(5))
        #expect(late.map(\.message.messageID) == ["b"])
        #expect(queue.depth == 0)
    }

    @Test func theShorterTimeToLiveCounts() throws {
        var queue = InMemoryQueue(QueueDefinition(name: "q", messageTimeToLive: .seconds(2)))
        _ = try queue.append(message("a"), at: start)
        _ = try queue.append(message("b", timeToLive: .seconds(1)), at: start)
        _ = try queue.append(message("c", timeToLive: .seconds(9)), at: start)
        #expect(take(3, from: &queue).map(\.expiry) == [2, 1, 2].map { start + .seconds($0) })
    }

    /// Random takes and returns: what is left is always in the order of arrival.
    @Test func orderSurvivesRandomTakesAndReturns() throws {
        var generator = SeededGenerator(seed: 3)
        for _ in 0..<300 {
            var queue = try queue((0..<20).map { String(100 + $0) })
            var taken: [InMemoryQueue.Entry] = []
            for _ in 0..<40 {
                if Bool.random(using: &generator), let entry = queue.popFirst() {
                    taken.append(entry)
                } else {
                    taken.shuffle(using: &generator)
                    let count = Int.random(in: 0...taken.count, using: &generator)
                    queue.putBack(Array(taken.prefix(count)))
                    taken.removeFirst(count)
                }
            }
            let left = drain(&queue)
            #expect(left == left.sorted())
            #expect(left.count + taken.count == 20)
        }
    }
}
