import Testing

@testable import MLServingCore

@Suite("Coalescer")
struct CoalescerTests {
    private let start = ContinuousClock.now

    private func call(_ byteCount: Int = 1, timeout: Duration = .seconds(1)) -> CoalescedCall {
        CoalescedCall(input: Array(repeating: 0, count: byteCount)[...], timeout: timeout, headers: [:])
    }

    @Test func groupLeavesWhenItIsFull() {
        let coalescer = Collecting(Coalescing(maximumCount: 3))
        let calls = (0..<4).map { _ in call() }
        #expect(coalescer.add(calls[0], at: start).isEmpty)
        #expect(coalescer.add(calls[1], at: start).isEmpty)
        let full = coalescer.add(calls[2], at: start)
        #expect(full.count == 1)
        #expect(zip(full[0].calls, calls).allSatisfy { $0 === $1 })
        #expect(full[0].calls.count == 3)
        #expect(coalescer.isEmpty)
        #expect(coalescer.add(calls[3], at: start).isEmpty)
        #expect(!coalescer.isEmpty)
    }

    @Test func bytesAreBounded() {
        let coalescer = Collecting(Coalescing(maximumBytes: 100))
        #expect(coalescer.add(call(60), at: start).isEmpty)
        let first = coalescer.add(call(60), at: start)
        #expect(first.map(\.byteCount) == [60])
        #expect(coalescer.add(call(40), at: start).map(\.byteCount) == [100])
        // One input alone may be larger, and takes nobody with it.
        #expect(coalescer.add(call(10), at: start).isEmpty)
        #expect(coalescer.add(call(500), at: start).map(\.byteCount) == [10, 500])
        #expect(coalescer.isEmpty)
    }

    @Test func callsWithDifferentTimeoutsDoNotShareAMessage() {
        let coalescer = Collecting(Coalescing(maximumCount: 2))
        #expect(coalescer.add(call(timeout: .seconds(1)), at: start).isEmpty)
        #expect(coalescer.add(call(timeout: .seconds(2)), at: start + .milliseconds(1)).isEmpty)
        #expect(coalescer.add(call(timeout: .seconds(1)), at: start + .milliseconds(1)).map(\.timeout) == [.seconds(1)])
        #expect(coalescer.takeAll().map(\.deadline) == [start + .milliseconds(2_001)])
    }

    @Test func groupIsDueWhenItsFirstCallHasWaited() {
        let coalescer = Collecting(Coalescing(window: .milliseconds(2)))
        #expect(coalescer.nextDue == nil)
        _ = coalescer.add(call(), at: start)
        _ = coalescer.add(call(), at: start + .milliseconds(1))
        #expect(coalescer.nextDue == start + .milliseconds(2))
        #expect(coalescer.takeDue(at: start + .microseconds(1_999)).isEmpty)
        #expect(coalescer.takeDue(at: start + .milliseconds(2)).map(\.calls.count) == [2])
        #expect(coalescer.isEmpty)
    }

    @Test func callThatLeavesIsNotSent() {
        let coalescer = Collecting(Coalescing())
        let (one, other) = (call(), call())
        _ = coalescer.add(one, at: start)
        _ = coalescer.add(other, at: start)
        #expect(coalescer.remove(one))
        #expect(!coalescer.remove(one))
        #expect(coalescer.remove(other))
        #expect(coalescer.isEmpty && coalescer.nextDue == nil)
    }
}

/// A coalescer that expectations may change.
private final class Collecting {
    private var coalescer: Coalescer

    init(_ limits: Coalescing) { coalescer = Coalescer(limits) }

    var isEmpty: Bool { coalescer.isEmpty }
    var nextDue: ContinuousClock.Instant? { coalescer.nextDue }
    func add(_ call: CoalescedCall, at now: ContinuousClock.Instant) -> [CallGroup] { coalescer.add(call, at: now) }
    func remove(_ call: CoalescedCall) -> Bool { coalescer.remove(call) }
    func takeDue(at now: ContinuousClock.Instant) -> [CallGroup] { coalescer.takeDue(at: now) }
    func takeAll() -> [CallGroup] { coalescer.takeAll() }
}
