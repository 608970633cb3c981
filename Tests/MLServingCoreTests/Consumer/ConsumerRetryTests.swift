import EventLoop
import Testing

@testable import MLServingCore

/// G5: what may succeed later is tried again, after a delay in the broker, so many times.
@Suite("ConsumerRunner: retries", .timeLimit(.minutes(5)))
struct ConsumerRetryTests {
    private static let busy = ServingError(code: .predictionFailed, message: "busy", isRetryable: true)

    /// Fails as many times as it is told to, then answers.
    private func flaky(_ failures: Int, _ seen: Recorded<Int>, _ error: ServingError = busy) -> ClosurePredictor<Int, Int> {
        ClosurePredictor { number in
            seen.append(number)
            if seen.all.count <= failures { throw error }
            return -number
        }
    }

    private let quickly = RetryPolicy(maximumAttempts: 3, baseDelay: .milliseconds(8))

    @Test func retryableErrorIsTriedAgain() async throws {
        let serving = try await Serving()
        try await serving.publish(1, key: "k")
        let seen = Recorded<Int>()
        try await running(serving.runner(flaky(2, seen)) { $0.retries = quickly }) {
            try await serving.expect(.success(-1), under: "k")
            #expect(seen.all == [1, 1, 1])
        }
    }

    @Test func lastAttemptIsAnsweredAndKeptWithItsHistory() async throws {
        let serving = try await Serving()
        try await serving.publish(1, key: "k", headers: ["x-death": .array([]), "x-first-death-queue": .string("q"), "own": .integer(1)])
        let seen = Recorded<Int>()
        try await running(serving.runner(flaky(.max, seen)) { $0.retries = quickly }) {
            try await serving.expect(.failure(Self.busy), under: "k")
            let letter = try await serving.deadLetters(1)[0]
            #expect(seen.all.count == 3)
            #expect(letter.body == [1])
            #expect(letter.headers[MessageHeader.attempt] == .integer(3))
            guard case .array(let failures)? = letter.headers[MessageHeader.failures] else { return #expect(Bool(false), "no history") }
            #expect(failures.count == 3)
            for case .table(let failure) in failures {
                #expect(failure["code"] == .string("prediction_failed"))
                #expect(failure["message"] == .string("busy"))
                #expect(failure["retryable"] == .bool(true))
            }
            #expect(letter.headers["own"] == .integer(1))
            #expect(letter.headers["x-death"] == nil)
        }
    }

    @Test func errorThatIsNotRetryableIsAnsweredAtOnce() async throws {
        let serving = try await Serving()
        try await serving.publish(1, key: "k")
        let seen = Recorded<Int>()
        let error = ServingError(code: .invalidInput, message: "never")
        try await running(serving.runner(flaky(.max, seen, error)) { $0.retries = quickly }) {
            try await serving.expect(.failure(error), under: "k")
            #expect(seen.all.count == 1)
        }
    }

    @Test func delayBeyondTheDeadlineIsNotWaitedFor() async throws {
        let serving = try await Serving()
        let deadline = serving.server.executor.unixMilliseconds + 60_000
        try await serving.publish(1, key: "k", headers: [MessageHeader.deadline: .integer(deadline)])
        let seen = Recorded<Int>()
        let patiently = RetryPolicy(maximumAttempts: 50, baseDelay: .seconds(80_000), maximumDelay: .seconds(80_000))
        try await running(serving.runner(flaky(.max, seen)) { $0.retries = patiently }) {
            try await serving.expect(.failure(Self.busy), under: "k")
            #expect(seen.all.count == 1)
        }
    }

    @Test func delayOutlivesTheConsumer() async throws {
        let serving = try await Serving()
        try await serving.publish(1, key: "k")
        let (seen, transport) = (Recorded<Int>(), FaultyTransport(serving.server.transport()))
        // Long enough for the consumer to be gone by then.
        let slowly = RetryPolicy(maximumAttempts: 3, baseDelay: .seconds(2))
        let consumer = RunningService(serving.runner(flaky(.max, seen), transport: transport) { $0.retries = slowly })
        // Published to a retry queue, and only then settled.
        let events = await transport.events.wait(for: 2)
        #expect(events == [.published(id: "k"), .acknowledged(1)])
        await consumer.kill()
        try await running(serving.runner(ClosurePredictor<Int, Int> { 7 * $0 })) { try await serving.expect(.success(7), under: "k") }
    }

    @Test func retryThatWasNotConfirmedIsSentAgain() async throws {
        let serving = try await Serving()
        try await serving.publish(1, key: "k")
        let (seen, transport) = (Recorded<Int>(), FaultyTransport(serving.server.transport(), .init(publishes: [.lost, .taken])))
        try await running(serving.runner(flaky(1, seen), transport: transport) { $0.retries = quickly }) {
            try await serving.expect(.success(-1), under: "k")
            // The first was lost; the second and the third arrived, and one of them is answered.
            let events = await transport.events.wait(for: 7)
            #expect(events.count { $0 == .published(id: "k") } == 3)
            #expect(events.count { $0 == .put(stored: true) } == 1)
        }
    }

    @Test func callerHearsOfTheAttemptThatSucceeded() async throws {
        let serving = try await Serving()
        let client = serving.client()
        let seen = Recorded<Int>()
        try await running(serving.runner(flaky(2, seen)) { $0.retries = quickly }) {
            let answer = try await client.predict(5, timeout: .seconds(60))
            #expect(answer == -5)
        }
        await client.shutdown()
    }
}
