import Testing

@testable import EventLoop

@Suite("OneShot", .timeLimit(.minutes(5)))
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

    /// A task without a preference for the loop gives others a turn on its way into the wait, even from an actor on the loop.
    @Test func valueThatComesOnTheWayIntoTheWaitIsThere() async throws {
        let answering = Answering()
        try await withThrowingTaskGroup(of: Int.self) { group in
            for question in 0..<1_000 { group.addTask { try await answering.answer(to: question) } }
            var sum = 0
            for try await answer in group { sum += answer }
            #expect(sum == 499_500)
        }
    }

    @Test func cancellationEndsTheWait() async {
        let shot = OneShot<Int>()
        let task = Task { try await shot.wait() }
        task.cancel()
        await #expect(throws: CancellationError.self) { try await task.value }
    }
}

/// Answers each question as soon as another comes.
private actor Answering {
    private let loop = EventLoop(name: "answering")
    private var last: (question: Int, shot: OneShot<Int>)?

    nonisolated var unownedExecutor: UnownedSerialExecutor { loop.asUnownedSerialExecutor() }

    func answer(to question: Int) async throws -> Int {
        answerLast()
        let shot = OneShot<Int>()
        last = (question, shot)
        loop.atEndOfTurn { self.assumeIsolated { $0.answerLast() } }
        return try await shot.wait()
    }

    private func answerLast() {
        last.take().map { $0.shot.succeed($0.question) }
    }
}
