import EventLoop
import Testing

@testable import MLServingCore

/// Requests in another system's form share the fate of all others, and are answered in their own.
@Suite("ConsumerRunner: dialects", .timeLimit(.minutes(5)))
struct ConsumerDialectTests {
    private let dialect = PlainDialect()
    private let minus = ClosurePredictor<Int, Int> { -$0 }

    private func message(_ id: String, _ number: Int = 1, headers: MessageHeaders = [:]) -> Message {
        Message(body: Array("\(number)".utf8), headers: MessageHeaders([("plain", .string(id))] + headers))
    }

    private func runner(_ serving: Serving, _ predictor: some Predictor) -> ConsumerRunner {
        serving.runner(predictor) {
            $0.dialect = dialect
            $0.retries = RetryPolicy(maximumAttempts: 3, baseDelay: .milliseconds(8))
        }
    }

    /// Checks the last answer to a request, when it has come.
    private func expect(_ expected: String, to id: String, _ serving: Serving) async throws {
        let store = serving.server.transport().store
        let answer = try await store.withNotifications(forKeysWithPrefix: "mlserving:plain-\(id)") { source in
            while true {
                if let bytes = try await store.get(["mlserving:plain-\(id)"]).first ?? nil, !bytes.starts(with: "not".utf8) {
                    return String(decoding: bytes, as: UTF8.self)
                }
                _ = try await source.next()
            }
        }
        #expect(answer == expected)
    }

    @Test func bothFormsAreServed() async throws {
        let serving = try await Serving()
        try await serving.publish(message("a"))
        try await serving.publish(2, key: "own")
        try await running(runner(serving, minus)) {
            try await expect("is -1", to: "a", serving)
            try await serving.expect(.success(-2), under: "own")
        }
        #expect(dialect.events.all == [.received, .started, .succeeded])
    }

    @Test func answerBeforeRetryGivesWay() async throws {
        let serving = try await Serving()
        let seen = Recorded<Int>()
        let flaky = ClosurePredictor<Int, Int> { number in
            seen.append(number)
            if seen.all.count == 1 { throw ServingError(code: .predictionFailed, message: "busy", isRetryable: true) }
            let store = serving.server.transport().store
            let stored = try await store.get(["mlserving:plain-a"]).first ?? nil
            #expect(stored == Array("not yet".utf8))
            return -number
        }
        try await serving.publish(message("a"))
        try await running(runner(serving, flaky)) {
            try await expect("is -1", to: "a", serving)
        }
        #expect(dialect.events.all == [.received, .started, .retried, .received, .started, .succeeded])
    }

    @Test(arguments: [("is 5", "is 5", 0), ("not yet", "is -1", 1)])
    func onlyFinalAnswerMakesRedeliveryNeedless(stored: String, expected: String, predictions: Int) async throws {
        let serving = try await Serving()
        let seen = Recorded<Int>()
        let predictor = ClosurePredictor<Int, Int> { number in
            seen.append(number)
            return -number
        }
        try await serving.publish(message("a"))
        try await serving.deliverInVain(1)
        let entry = StoreEntry(key: "mlserving:plain-a", value: Array(stored.utf8), timeToLive: .seconds(60))
        _ = try await serving.server.transport().store.put([entry])
        try await serving.publish(message("b", 2))
        try await running(runner(serving, predictor)) {
            try await expect(expected, to: "a", serving)
            try await expect("is -2", to: "b", serving)
        }
        #expect(seen.all.filter { $0 == 1 }.count == predictions)
    }

    @Test func requestIsServedWhenItIsDue() async throws {
        let serving = try await Serving()
        let executor = serving.server.transport().executor
        let due = executor.unixMilliseconds + 300
        let times = Recorded<Int64>()
        let predictor = ClosurePredictor<Int, Int> { number in
            times.append(executor.unixMilliseconds)
            return -number
        }
        try await serving.publish(message("a", headers: ["from": .integer(due)]))
        try await running(runner(serving, predictor)) {
            try await expect("is -1", to: "a", serving)
        }
        #expect(times.all.allSatisfy { $0 >= due })
        #expect(dialect.events.all == [.received, .started, .succeeded])
    }

    /// It is the time by which a prediction has to begin.
    @Test func deadlineThatPassesDuringAPredictionDoesNotEndIt() async throws {
        let serving = try await Serving()
        let (seen, cancelled, gate) = (Recorded<Int>(), Recorded<Int>(), Gate())
        let predictor = ClosurePredictor<Int, Int> { number in
            seen.append(number)
            do { try await gate.wait() } catch {
                cancelled.append(number)
                throw error
            }
            return -number
        }
        let now = serving.server.executor.unixMilliseconds
        try await serving.publish(message("a", headers: ["until": .integer(now + 5_000)]))
        try await serving.publish(2, key: "own", headers: [MessageHeader.deadline: .integer(now + 6_000)])
        let consumer = serving.runner(predictor) {
            $0.dialect = dialect
            $0.concurrency = 2
        }
        try await running(consumer) {
            #expect(await cancelled.wait() == [2])
            gate.open()
            try await expect("is -1", to: "a", serving)
        }
        #expect(seen.all.sorted() == [1, 2])
    }

    @Test func pastDeadlineNothingIsPredicted() async throws {
        let serving = try await Serving()
        try await serving.publish(message("a", headers: ["until": .integer(1), "from": .integer(.max)]))
        try await running(runner(serving, minus)) {
            try await expect("failed: \(ServingError.Code.expired.rawValue)", to: "a", serving)
        }
        #expect(dialect.events.all == [.received, .failed(.expired)])
    }

    @Test(arguments: [nil, .seconds(60)] as [Duration?])
    func cancelledRequestIsNotPredicted(timeToLive: Duration?) async throws {
        let serving = try await Serving()
        try await running(runner(serving, minus)) {
            let consumer = await dialect.consumers.wait()[0]
            await consumer.cancel(["a"], whileRunning: false, timeToLive: timeToLive)
            try await serving.publish(message("a"))
            try await expect("failed: \(ServingError.Code.cancelled.rawValue)", to: "a", serving)
        }
        #expect(dialect.events.all == [.received, .failed(.cancelled)])
    }

    @Test func runningPredictionEndsOnlyIfThatIsAskedFor() async throws {
        let serving = try await Serving()
        let (began, gate) = (Recorded<Int>(), Gate())
        let patient = ClosurePredictor<Int, Int> { number in
            began.append(number)
            try await gate.wait()
            return -number
        }
        try await serving.publish(message("a"))
        try await running(runner(serving, patient)) {
            let consumer = await dialect.consumers.wait()[0]
            await began.wait()
            await consumer.cancel(["a"], whileRunning: false, timeToLive: .seconds(60))
            let held = await consumer.heldRequests
            #expect(held.map(\.request.id) == ["a"] && held[0].predictedFor != nil)
            await consumer.cancel(["a"], whileRunning: true, timeToLive: nil)
            try await expect("failed: \(ServingError.Code.cancelled.rawValue)", to: "a", serving)
        }
    }
}
