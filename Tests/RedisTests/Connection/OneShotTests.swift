import Testing

@testable import Redis

@Suite("OneShot", .timeLimit(.minutes(1)))
struct OneShotTests {
    private struct Failure: Error, Equatable {}

    @Test func valueThatCameBeforeIsThere() async throws {
        let shot = OneShot<Int>()
        shot.succeed(1)
        shot.succeed(2)
        shot.fail(Failure())
        #expect(try await shot.wait() == 1)
    }

    @Test func valueThatComesLaterIsAwaited() async throws {
        let shot = OneShot<Int>()
        async let value = shot.wait()
        await Task.yield()
        shot.succeed(3)
        #expect(try await value == 3)
    }

    @Test func failureIsThrown() async {
        let shot = OneShot<Int>()
        shot.fail(Failure())
        await #expect(throws: Failure()) { try await shot.wait() }
    }

    @Test func cancellationEndsTheWait() async {
        let shot = OneShot<Int>()
        let task = Task { try await shot.wait() }
        task.cancel()
        await #expect(throws: CancellationError.self) { try await task.value }
    }
}
