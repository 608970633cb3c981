import Dispatch
import EventLoop
import Foundation
import Synchronization
import Testing

@Suite("ThreadPool", .timeLimit(.minutes(5)))
struct ThreadPoolTests {
    /// How many threads of this process have a name.
    private static func threadCount(named name: String) throws -> Int {
        try FileManager.default.contentsOfDirectory(atPath: "/proc/self/task").count { thread in
            let text = try? String(contentsOfFile: "/proc/self/task/\(thread)/comm", encoding: .utf8)
            return text?.trimmingCharacters(in: .newlines) == name
        }
    }

    @Test func threadsStartWhenThereIsWorkForThem() async throws {
        let pool = ThreadPool(threadCount: 8, name: "test-lazy")
        #expect(try Self.threadCount(named: "test-lazy") == 0)
        for _ in 0..<20 { await Task(executorPreference: pool) {}.value }
        let count = try Self.threadCount(named: "test-lazy")
        // A task may end before its thread has told that it is free.
        #expect((1...8).contains(count))
        withExtendedLifetime(pool) {}
    }

    /// A job that was added while the threads were busy must not wait for them if there may be more.
    @Test func blockedThreadsHoldUpNothingWhileThereMayBeMore() async throws {
        let pool = ThreadPool(threadCount: 8, name: "test-blocked")
        let (semaphore, started) = (DispatchSemaphore(value: 0), DispatchSemaphore(value: 0))
        let tasks = (0..<8).map { _ in
            Task(executorPreference: pool) {
                started.signal()
                Self.wait(for: semaphore)
            }
        }
        // All of them are under way at the same time.
        await Task.detached { for _ in 0..<8 { Self.wait(for: started) } }.value
        #expect(try Self.threadCount(named: "test-blocked") == 8)
        for _ in 0..<8 { semaphore.signal() }
        for task in tasks { await task.value }
    }

    @Test func poolThatHasNeverWorkedEnds() {
        for _ in 0..<100 { _ = ThreadPool(threadCount: 4, name: "test-idle") }
    }

    private static func wait(for semaphore: DispatchSemaphore) { semaphore.wait() }
}
