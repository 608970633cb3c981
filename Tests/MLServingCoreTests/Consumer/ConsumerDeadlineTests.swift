import EventLoop
import Testing

@testable import MLServingCore

/// G4: what nobody waits for any more does not keep the predictor from what somebody waits for.
@Suite("ConsumerRunner: deadlines", .timeLimit(.minutes(5)))
struct ConsumerDeadlineTests {
    /// Long enough for a prediction to begin on a busy machine.
    private static let soon = Duration.seconds(5)
    private static let later = Duration.seconds(6)

    private func until(_ duration: Duration, _ serving: Serving) -> MessageHeaders {
        [MessageHeader.deadline: .integer(serving.server.executor.unixMilliseconds + duration.milliseconds)]
    }

    /// Never ends by itself for a 0.
    private func stuck(_ seen: Recorded<[Int]>) -> ClosureBatchPredictor<Int, Int> {
        ClosureBatchPredictor(BatchLimits(maximumCount: 1)) { inputs in
            seen.append(inputs)
            if inputs.contains(0) { try await Gate().wait() }
            return inputs
        }
    }

    @Test func predictionIsCancelledWhenItsDeadlineHasPassed() async throws {
        let serving = try await Serving()
        let seen = Recorded<[Int]>()
        try await running(serving.runner(stuck(seen)) { $0.concurrency = 1 }) {
            try await serving.publish(0, key: "late", headers: until(Self.soon, serving))
            await seen.wait()
            try await serving.publish(1, key: "next")
            try await serving.expect(.success(1), under: "next")
            #expect(try await serving.number(under: "late").failure?.code == .expired)
        }
        #expect(seen.all == [[0], [1]])
        #expect(try await serving.server.transport().broker.status(of: serving.queue.name + ".dead-letters").depth == 0)
    }

    /// Nobody waits for it, and its deadline is the time by which its prediction has to begin.
    @Test func predictionOfSubmittedWorkGoesOn() async throws {
        let serving = try await Serving()
        let (seen, gate, ended) = (Recorded<Int>(), Gate(), Recorded<Int>())
        let predictor = ClosurePredictor<Int, Int> { number in
            seen.append(number)
            do { try await gate.wait() } catch {
                ended.append(number)
                throw error
            }
            return number
        }
        let client = serving.client()
        try await running(serving.runner(predictor) { $0.concurrency = 2 }) {
            let ticket = try await client.submit(1, timeout: Self.soon)
            await seen.wait()
            try await serving.publish(2, key: "call", headers: until(Self.later, serving))
            #expect(try await serving.number(under: "call").failure?.code == .expired)
            gate.open()
            #expect(try await client.result(of: ticket, timeout: .seconds(60)) == 1)
        }
        #expect(ended.all == [2])
        await client.shutdown()
    }

    /// The words of a predictor for its cancellation are nothing to retry, and nothing for the dead letters.
    @Test(arguments: [true, false])
    func failureOfAPredictionThatWasCancelledIsNotTheRequestsOwn(isRetryable: Bool) async throws {
        let serving = try await Serving()
        let seen = Recorded<Int>()
        let predictor = ClosurePredictor<Int, Int> { number in
            seen.append(number)
            do { try await Gate().wait() } catch {
                throw ServingError(code: .predictionFailed, message: "the download was interrupted", isRetryable: isRetryable)
            }
            return number
        }
        try await running(serving.runner(predictor)) {
            try await serving.publish(1, key: "late", headers: until(Self.soon, serving))
            #expect(try await serving.number(under: "late").failure?.code == .expired)
        }
        #expect(seen.all == [1])
        #expect(try await serving.server.transport().broker.status(of: serving.queue.name + ".dead-letters").depth == 0)
    }

    @Test func batchGoesOnUntilItsLastDeadline() async throws {
        let serving = try await Serving()
        let (seen, gate, ended) = (Recorded<[Int]>(), Gate(), Recorded<Bool>())
        let predictor = ClosureBatchPredictor<Int, Int>(BatchLimits(maximumCount: 2, maximumDelay: .seconds(3_600))) { inputs in
            seen.append(inputs)
            do { try await gate.wait() } catch {
                ended.append(true)
                throw error
            }
            return inputs
        }
        try await running(serving.runner(predictor) { $0.concurrency = 2 }) {
            try await serving.publish(1, key: "a", headers: until(Self.soon, serving))
            try await serving.publish(2, key: "b")
            await seen.wait()
            try await serving.publish(3, key: "c", headers: until(Self.soon, serving))
            try await serving.publish(4, key: "d", headers: until(Self.later, serving))
            #expect(try await serving.number(under: "d").failure?.code == .expired)
            #expect(try await serving.number(under: "c").failure?.code == .expired)
            #expect(ended.all == [true], "a batch with an input that has no deadline goes on")
            gate.open()
            try await serving.expect(.success(2), under: "b")
        }
    }

    @Test func predictionThatIgnoresCancellationIsAnsweredWhenItEnds() async throws {
        let serving = try await Serving()
        let (cancelled, gate) = (Recorded<Void>(), Gate())
        let predictor = ClosurePredictor<Int, Int> { number in
            // Nobody cancels the inner task.
            let wait = Task { try await gate.wait() }
            try await withTaskCancellationHandler {
                try await wait.value
            } onCancel: {
                cancelled.append(())
            }
            return number
        }
        try await running(serving.runner(predictor)) {
            try await serving.publish(1, key: "late", headers: until(Self.soon, serving))
            await cancelled.wait()
            gate.open()
            try await serving.expect(.success(1), under: "late")
        }
    }

    /// An equal input waits for the one that is predicted.
    @Test func predictionThatAnEqualInputWaitsForGoesOn() async throws {
        let serving = try await Serving()
        let predictor = SharingPredictor()
        try await serving.publish(1, key: "first", headers: until(Self.soon, serving))
        try await serving.publish(1, key: "second")
        // Beside it, and cancelled after the first one's deadline.
        try await serving.publish(2, key: "other", headers: until(Self.later, serving))
        try await running(serving.runner(predictor) { $0.concurrency = 2 }) {
            await predictor.cancelled.wait()
            predictor.gate.open()
            try await serving.expect(.success(1), under: "second")
            #expect(try await serving.number(under: "other").failure?.code == .expired)
        }
        #expect(predictor.seen.all.sorted() == [1, 2] && predictor.cancelled.all == [2])
    }
}

/// Predicts equal inputs once.
private struct SharingPredictor: Predictor {
    let seen = Recorded<Int>()
    let cancelled = Recorded<Int>()
    let gate = Gate()
    var resultCaching: ResultCaching? { ResultCaching(model: "m", version: "1") }

    func predict(_ number: Int) async throws -> Int {
        seen.append(number)
        do { try await gate.wait() } catch {
            cancelled.append(number)
            throw error
        }
        return number
    }
}
