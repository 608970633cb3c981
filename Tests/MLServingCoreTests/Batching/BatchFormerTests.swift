import MLServingTesting
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
        #expect(former.next(at: start) == .release([0, 1, 2], .delay))
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
        #expect(former.next(at: start) == .release([1, 3, 5], .delay))
    }

    /// A thousand random arrival patterns in virtual time, with a prediction thread that is busy for a random time after each batch.
    @Test func keepsItsPromisesForRandomArrivals() throws {
        var generator = SeededGenerator(seed: 7)
        for _ in 0..<1_000 {
            let limits = BatchLimits(
                maximumCount: .random(in: 1...8, using: &generator),
                maximumDelay: .milliseconds(Int.random(in: 0...20, using: &generator))
            )
            var arrivals: [ContinuousClock.Instant] = []
            var time = start
            for _ in 0..<Int.random(in: 1...40, using: &generator) {
                time += .milliseconds(Int.random(in: 0...10, using: &generator))
                arrivals.append(time)
            }
            try check(arrivals, limits: limits, generator: &generator)
        }
    }

    private func check(
        _ arrivals: [ContinuousClock.Instant],
        limits: BatchLimits,
        generator: inout SeededGenerator
    ) throws {
        var former = BatchFormer<Int>(limits: limits)
        var (now, arrived, released) = (start, 0, 0)
        while released < arrivals.count {
            while arrived < arrivals.count, arrivals[arrived] <= now {
                former.add(arrived, at: arrivals[arrived])
                arrived += 1
            }
            switch former.next(at: now) {
            case .idle:
                #expect(released == arrived, "idle while inputs wait")
                now = try #require(arrived < arrivals.count ? arrivals[arrived] : nil)
            case .wait(let until):
                #expect(until > now, "a wait has to end in the future")
                #expect(until <= arrivals[released] + limits.maximumDelay, "nothing waits for longer than the delay")
                now = arrived < arrivals.count ? min(until, arrivals[arrived]) : until
            case .release(let items, let reason):
                #expect(items == Array(released..<released + items.count), "inputs leave in the order of their arrival")
                #expect((1...limits.maximumCount).contains(items.count))
                #expect((reason == .full) == (items.count == limits.maximumCount))
                released += items.count
                // The prediction thread is busy for a while.
                now += .milliseconds(Int.random(in: 0...5, using: &generator))
            }
        }
        #expect(former.count == 0)
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
