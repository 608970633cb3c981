import EventLoop
import Testing

@testable import Redis

@Suite("Interruption", .timeLimit(.minutes(5)))
struct InterruptionTests {
    @Test func endsAWait() async throws {
        let interruption = Interruption()
        let never = OneShot<Void>()
        let waiting = Task { try await interruption.wait(for: never) }
        while !interruption.isAwaited { await Task.yield() }
        interruption.interrupt()
        await #expect(throws: RedisError.self) { try await waiting.value }
        #expect(interruption.take())
        #expect(!interruption.take())
    }

    @Test func isRememberedWhileNobodyWaits() {
        let interruption = Interruption()
        #expect(!interruption.take())
        interruption.interrupt()
        interruption.interrupt()
        #expect(interruption.take())
        #expect(!interruption.take())
    }

    @Test func valueThatComesIsReturned() async throws {
        let interruption = Interruption()
        let value = OneShot<Int>()
        value.succeed(7)
        #expect(try await interruption.wait(for: value) == 7)
        #expect(!interruption.isAwaited)
    }
}
