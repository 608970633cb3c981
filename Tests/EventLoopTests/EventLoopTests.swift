import EventLoop
import Glibc
import Testing

@Suite("EventLoop", .timeLimit(.minutes(5)))
struct EventLoopTests {
    actor Counter {
        let loop: EventLoop
        private(set) var count = 0
        private(set) var allOnLoop = true

        nonisolated var unownedExecutor: UnownedSerialExecutor { loop.asUnownedSerialExecutor() }

        init(on loop: EventLoop) { self.loop = loop }

        func increment() {
            count += 1
            allOnLoop = allOnLoop && loop.isCurrent
        }

        func sleep(until deadline: ContinuousClock.Instant) async {
            await withCheckedContinuation { continuation in
                loop.schedule(at: deadline) { continuation.resume() }
            }
        }

        func cancelledTimerFires() async -> Bool {
            await withCheckedContinuation { continuation in
                let fired = Flag()
                let now = ContinuousClock.now
                let timer = loop.schedule(at: now) { self.assumeIsolated { _ in fired.set() } }
                timer.cancel()
                loop.schedule(at: now) { continuation.resume(returning: fired.isSet) }
            }
        }

        func read(_ count: Int, bytesFrom descriptor: Int32) async -> [UInt8] {
            let bytes = Bytes()
            return await withCheckedContinuation { continuation in
                loop.watch(descriptor, for: .readable) { readiness in
                    var byte: UInt8 = 0
                    guard readiness.contains(.readable), Glibc.read(descriptor, &byte, 1) == 1 else { return }
                    bytes.append(byte)
                    if bytes.all.count == count {
                        self.assumeIsolated { $0.loop.unwatch(descriptor) }
                        continuation.resume(returning: bytes.all)
                    }
                }
            }
        }

        func orderOfTurn() async -> [String] {
            let order = Strings()
            return await withCheckedContinuation { continuation in
                // What the end of a turn asks for is the first that the next one does. Anything else may come later in its turn than
                // the timers.
                loop.atEndOfTurn { [loop] in
                    loop.execute {
                        self.assumeIsolated { counter in
                            counter.loop.atEndOfTurn {
                                order.append("end of turn")
                                continuation.resume(returning: order.all)
                            }
                            counter.loop.schedule(at: .now) { order.append("timer") }
                        }
                    }
                }
            }
        }
    }

    // Touched on the loop's thread only.
    final class Flag: @unchecked Sendable {
        private(set) var isSet = false
        func set() { isSet = true }
    }

    // Touched on the loop's thread only.
    final class Bytes: @unchecked Sendable {
        private(set) var all: [UInt8] = []
        func append(_ byte: UInt8) { all.append(byte) }
    }

    // Touched on the loop's thread only.
    final class Strings: @unchecked Sendable {
        private(set) var all: [String] = []
        func append(_ string: String) { all.append(string) }
    }

    /// A peer decides how deep the library that decodes its messages recurses.
    @Test func threadHasStackForWhatAFrameCanNest() async {
        @inline(never)
        @Sendable func descend(_ byteCount: Int) -> Int {
            withUnsafeTemporaryAllocation(byteCount: 512, alignment: 16) { bytes in
                bytes.initializeMemory(as: UInt8.self, repeating: 1)
                let used = bytes.count
                return byteCount <= used ? used : used + descend(byteCount - used)
            }
        }
        let loop = EventLoop(name: "deep")
        let used = await withCheckedContinuation { continuation in
            loop.execute { continuation.resume(returning: descend(2 << 20)) }
        }
        #expect(used >= 2 << 20)
    }

    @Test func actorRunsOnTheLoopsThread() async {
        let counter = Counter(on: EventLoop(name: "test"))
        await withTaskGroup(of: Void.self) { group in
            for _ in 0..<100 { group.addTask { for _ in 0..<100 { await counter.increment() } } }
        }
        #expect(await counter.count == 10_000)
        #expect(await counter.allOnLoop)
    }

    @Test func unisolatedTasksStayOnTheLoopsThread() async {
        let loop = EventLoop(name: "test")
        let counter = Counter(on: loop)
        let places = await withTaskExecutorPreference(loop.unisolated) {
            let first = loop.isCurrent
            await counter.increment()
            return [first, loop.isCurrent]
        }
        #expect(places == [true, true])
        #expect(await counter.count == 1)
        #expect(await counter.allOnLoop)
    }

    /// A task that had to leave the loop's isolation first would be enqueued again, behind what has come meanwhile.
    @Test func unisolatedTaskGoesOnAtOnceAfterAWait() async {
        let loop = EventLoop(name: "test")
        let order = Strings()
        await withTaskExecutorPreference(loop.unisolated) {
            await withUnsafeContinuation { continuation in
                loop.execute {
                    continuation.resume()
                    loop.execute { order.append("enqueued later") }
                }
            }
            order.append("task")
        }
        await Counter(on: loop).increment()
        #expect(order.all == ["task", "enqueued later"])
    }

    @Test func timersFireInOrderOfTheirDeadlines() async {
        let counter = Counter(on: EventLoop(name: "test"))
        let start = ContinuousClock.now
        async let later: Void = counter.sleep(until: start + .milliseconds(30))
        async let sooner: Void = counter.sleep(until: start + .milliseconds(10))
        await sooner
        #expect(ContinuousClock.now >= start + .milliseconds(10))
        await later
        #expect(ContinuousClock.now >= start + .milliseconds(30))
    }

    @Test func cancelledTimerStaysSilent() async {
        let counter = Counter(on: EventLoop(name: "test"))
        #expect(await counter.cancelledTimerFires() == false)
    }

    @Test func readableSocketCallsItsHandler() async {
        let counter = Counter(on: EventLoop(name: "test"))
        var pair: [Int32] = [0, 0]
        #expect(pipe(&pair) == 0)
        defer { for descriptor in pair { close(descriptor) } }
        let source = pair[0]
        async let bytes = counter.read(3, bytesFrom: source)
        for byte: UInt8 in [1, 2, 3] {
            var byte = byte
            #expect(write(pair[1], &byte, 1) == 1)
        }
        #expect(await bytes == [1, 2, 3])
    }

    @Test func endOfTurnComesAfterTimersThatAreDue() async {
        let order = await Counter(on: EventLoop(name: "test")).orderOfTurn()
        #expect(order.last == "end of turn")
        #expect(order.contains("timer"))
    }

    @Test func lastReleaseEndsTheThread() async {
        weak var released: EventLoop?
        do {
            let loop = EventLoop(name: "test")
            released = loop
            await Counter(on: loop).increment()
        }
        // The thread may still hold the loop for the rest of a turn.
        while released != nil { await Task.yield() }
        #expect(released == nil)
    }
}
