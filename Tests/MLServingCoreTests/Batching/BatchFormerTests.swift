import Testing

@testable import MLServingCore

@Suite("BatchFormer")
struct BatchFormerTests {
    private let start = ContinuousClock.now

    private func former(_ count: Int, delay: Duration = .zero) -> BatchFormer<Int> {
        BatchFormer(limits: BatchLimits(maximumCount: count, maximumDelay: delay))
    }

    @Test func nothingWaits() {
        var former = former(4)
        #expect(former.next(at: start) == .idle)
    }

    @Test func withoutDelayReleasesWhatIsThere() {
        var former = former(4)
        for item in 0..<3 { former.add(item, at: start) }
        #expect(former.next(at: start) == .release([0, 1, 2], .free))
        #expect(former.next(at: start) == .idle)
    }

    @Test func fullBatchIsReleasedBeforeTheDelay() {
        var former = former(2, delay: .seconds(1))
        for item in 0..<5 { former.add(item, at: start) }
        #expect(former.next(at: start) == .release([0, 1], .full))
        #expect(former.next(at: start) == .release([2, 3], .full))
        #expect(former.next(at: start) == .wait(until: start + .seconds(1)))
        #expect(former.count == 1)
    }

    @Test func delayCountsFromTheFirstInput() {
        var former = former(10, delay: .milliseconds(20))
        former.add(0, at: start)
        former.add(1, at: start + .milliseconds(15))
        #expect(former.next(at: start + .milliseconds(15)) == .wait(until: start + .milliseconds(20)))
        #expect(former.next(at: start + .milliseconds(20)) == .release([0, 1], .delay))
    }

    @Test func removedInputsAreNotReleased() {
        var former = former(10)
        for item in 0..<6 { former.add(item, at: start) }
        former.removeAll { $0.isMultiple(of: 2) }
        #expect(former.next(at: start) == .release([1, 3, 5], .free))
    }

    // MARK: Cost

    private func former(cost: Double, delay: Duration = .zero) -> BatchFormer<Int> {
        BatchFormer(limits: BatchLimits(maximumCount: 100, maximumCost: cost, maximumDelay: delay))
    }

    @Test func inputThatWouldCostTooMuchWaitsForTheNextBatch() {
        var former = former(cost: 10, delay: .seconds(1))
        for (item, cost) in [4.0, 5, 2, 8].enumerated() { former.add(item, cost: cost, at: start) }
        #expect(former.next(at: start) == .release([0, 1], .cost))
        #expect(former.next(at: start) == .release([2, 3], .cost))
        #expect(former.next(at: start) == .idle)
    }

    @Test func inputThatCostsTooMuchByItselfGoesAlone() {
        var former = former(cost: 10, delay: .seconds(1))
        for (item, cost) in [3, .infinity, 1].enumerated() { former.add(item, cost: cost, at: start) }
        #expect(former.next(at: start) == .release([0], .cost))
        #expect(former.next(at: start) == .release([1], .cost))
        #expect(former.next(at: start) == .wait(until: start + .seconds(1)))
    }

    // MARK: Deadlines

    /// A former that has learned that a batch takes 10 ms and 1 ms for each input.
    private func learned(_ limits: BatchLimits) -> BatchFormer<Int> {
        var former = BatchFormer<Int>(limits: limits)
        for round in 0..<200 { former.learn(cost: Double(1 + round % 20), duration: .milliseconds(11 + round % 20)) }
        return former
    }

    @Test func batchIsReleasedInTimeForItsEarliestDeadline() throws {
        var former = learned(BatchLimits(maximumDelay: .milliseconds(100)))
        former.add(0, at: start)
        former.add(1, deadline: start + .milliseconds(50), at: start)
        former.add(2, deadline: start + .milliseconds(70), at: start)
        guard case .wait(let until) = former.next(at: start) else {
            Issue.record("nothing is to be released yet")
            return
        }
        // Three inputs take 13 ms.
        #expect((start + .milliseconds(34)...start + .milliseconds(37)).contains(until))
        #expect(former.next(at: until) == .release([0, 1, 2], .deadline))
    }

    @Test func unknownModelIsGrantedHalfOfTheTime() {
        var former = former(10, delay: .seconds(1))
        former.add(0, deadline: start + .milliseconds(60), at: start)
        #expect(former.next(at: start) == .wait(until: start + .milliseconds(30)))
        #expect(former.next(at: start + .milliseconds(30)) == .release([0], .deadline))
    }

    @Test func inputThatIsLateAnywayIsNotHeldBack() {
        var former = learned(BatchLimits(maximumDelay: .seconds(1)))
        former.add(0, deadline: start - .seconds(1), at: start)
        #expect(former.next(at: start) == .release([0], .deadline))
    }

    // MARK: What is learned

    @Test func batchEndsWhereMoreWouldNotPay() {
        var former = learned(.adaptive(maximumCount: 1_000))
        for item in 0..<200 { former.add(item, at: start) }
        guard case .release(let items, .adaptive) = former.next(at: start) else {
            Issue.record("a batch was to be released")
            return
        }
        // Nine times the fixed time.
        #expect((85...90).contains(items.count))
    }

    @Test func targetBoundsABatchAsLongAsSmallBatchesKeepUp() {
        var former = learned(.adaptive(targetLatency: .milliseconds(40), maximumCount: 50))
        for item in 0..<100 { former.add(item, at: start) }
        guard case .release(let items, .adaptive) = former.next(at: start) else {
            Issue.record("a batch was to be released")
            return
        }
        // In half of the target.
        #expect((9...10).contains(items.count))
        #expect(former.next(at: start + .milliseconds(21)) == .release(Array(items.count..<items.count + 50), .full))
    }

    @Test func targetThatOneInputCannotKeepIsNotPursued() {
        var former = learned(.adaptive(targetLatency: .milliseconds(20), maximumCount: 50))
        for item in 0..<100 { former.add(item, at: start) }
        #expect(former.next(at: start) == .release(Array(0..<50), .full))
    }

    @Test func targetBoundsTheDelay() {
        var former = BatchFormer<Int>(limits: BatchLimits.adaptive(targetLatency: .milliseconds(40)).delayed(by: .seconds(1)))
        former.add(0, at: start)
        #expect(former.next(at: start) == .wait(until: start + .milliseconds(20)))
        #expect(former.next(at: start + .milliseconds(20)) == .release([0], .delay))
    }
}

extension BatchLimits {
    fileprivate func delayed(by delay: Duration) -> BatchLimits {
        var limits = self
        limits.maximumDelay = delay
        return limits
    }
}

extension BatchFormer.Decision: Equatable where Item: Equatable {
    static func == (left: Self, right: Self) -> Bool {
        switch (left, right) {
        case (.release(let one, let reason), .release(let other, let otherReason)): one == other && reason == otherReason
        case (.wait(let one), .wait(let other)): one == other
        case (.idle, .idle): true
        default: false
        }
    }
}
