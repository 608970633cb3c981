import Testing

@testable import RabbitMQ

@Suite("SettlementTracker")
struct SettlementTrackerTests {
    private func makeTracker(_ count: UInt64) throws -> SettlementTracker {
        var tracker = SettlementTracker(generation: 7)
        for number in 1...count { #expect(try tracker.deliver(number) == DeliveryTag(generation: 7, number: number)) }
        return tracker
    }

    private func settle(_ numbers: [UInt64], as verdict: SettlementTracker.Verdict = .acknowledge, _ tracker: inout SettlementTracker) {
        for number in numbers { #expect(settles(7, number, as: verdict, &tracker)) }
    }

    private func settles(
        _ generation: UInt64, _ number: UInt64, as verdict: SettlementTracker.Verdict = .acknowledge, _ tracker: inout SettlementTracker
    ) -> Bool {
        tracker.settle(DeliveryTag(generation: generation, number: number), as: verdict)
    }

    private func flush(_ tracker: inout SettlementTracker) -> [SettlementTracker.Instruction] {
        var said: [SettlementTracker.Instruction] = []
        tracker.flush { said.append($0) }
        return said
    }

    @Test func contiguousAcknowledgementsBecomeOne() throws {
        var tracker = try makeTracker(5)
        settle([3, 1, 2], &tracker)
        #expect(flush(&tracker) == [.acknowledge(3, multiple: true)])
        settle([4, 5], &tracker)
        #expect(flush(&tracker) == [.acknowledge(5, multiple: true)])
        #expect(tracker.openCount == 0)
        #expect(!tracker.hasInstructions)
    }

    @Test func openDeliveryIsNeverCovered() throws {
        var tracker = try makeTracker(6)
        settle([1, 2, 4, 6], &tracker)
        #expect(flush(&tracker) == [.acknowledge(2, multiple: true), .acknowledge(4, multiple: false), .acknowledge(6, multiple: false)])
        settle([3, 5], &tracker)
        #expect(flush(&tracker) == [.acknowledge(5, multiple: true)])
    }

    @Test func singleAcknowledgementCoversNoOther() throws {
        var tracker = try makeTracker(3)
        settle([2], &tracker)
        #expect(flush(&tracker) == [.acknowledge(2, multiple: false)])
        settle([1], &tracker)
        #expect(flush(&tracker) == [.acknowledge(1, multiple: false)])
        settle([3], &tracker)
        #expect(flush(&tracker) == [.acknowledge(3, multiple: false)])
    }

    @Test func refusalsAreSaidBeforeAcknowledgementsThatWouldCoverThem() throws {
        var tracker = try makeTracker(4)
        settle([1, 4], &tracker)
        settle([2], as: .reject(requeue: false), &tracker)
        settle([3], as: .giveBack, &tracker)
        #expect(flush(&tracker) == [.reject(2, requeue: false), .giveBack(3), .acknowledge(4, multiple: true)])
        #expect(tracker.openCount == 0)
    }

    @Test func staleUnknownAndRepeatedTagsAreRefused() throws {
        var tracker = try makeTracker(2)
        #expect(!settles(6, 1, &tracker))
        #expect(!settles(7, 0, &tracker))
        #expect(!settles(7, 3, &tracker))
        #expect(!settles(7, .max, &tracker))
        settle([1], &tracker)
        #expect(!settles(7, 1, as: .reject(requeue: true), &tracker))
        _ = flush(&tracker)
        #expect(!settles(7, 1, &tracker))
        #expect(flush(&tracker).isEmpty)
        #expect(tracker.openCount == 1)
    }

    @Test func deliveryOutOfOrderIsAViolation() throws {
        var tracker = try makeTracker(1)
        #expect(throws: RabbitMQError.self) { _ = try tracker.deliver(1) }
        #expect(throws: RabbitMQError.self) { _ = try tracker.deliver(1_000_000_000_000) }
        #expect(try tracker.deliver(2).number == 2)
    }

    /// Replays what is said against a broker that knows only the protocol's rules.
    @Test(arguments: UInt64(0)..<20) func everyDeliveryIsSettledOnceAndAsDecided(_ seed: UInt64) throws {
        var generator = SeededGenerator(seed: seed)
        var tracker = SettlementTracker(generation: 1)
        var open: Set<UInt64> = []
        var decided: [UInt64: Bool] = [:]
        var outcome: [UInt64: Bool] = [:]
        var last: UInt64 = 0
        for _ in 0..<200 {
            for _ in 0..<Int.random(in: 0...3, using: &generator) {
                last += 1
                _ = try tracker.deliver(last)
                open.insert(last)
            }
            for number in open.shuffled(using: &generator).prefix(Int.random(in: 0...3, using: &generator)) where decided[number] == nil {
                let isDone = Bool.random(using: &generator)
                decided[number] = isDone
                #expect(settles(1, number, as: isDone ? .acknowledge : .reject(requeue: true), &tracker))
            }
            guard Bool.random(using: &generator) else { continue }
            tracker.flush { instruction in
                switch instruction {
                case .acknowledge(let number, let multiple):
                    let covered = multiple ? open.filter { $0 <= number } : [number]
                    for number in covered {
                        #expect(open.remove(number) != nil)
                        outcome[number] = true
                    }
                case .reject(let number, _), .giveBack(let number):
                    #expect(open.remove(number) != nil)
                    outcome[number] = false
                }
            }
            #expect(outcome == decided)
        }
        #expect(!outcome.isEmpty)
    }
}
