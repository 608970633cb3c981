import Dispatch
import EventLoop
import Glibc
import Testing

@testable import MLServingCore

@Suite("ConsumerRunner: concurrency", .timeLimit(.minutes(5)))
struct ConsumerConcurrencyTests {
    private static func threadName() -> String {
        guard let file = fopen("/proc/thread-self/comm", "r") else { return "" }
        defer { fclose(file) }
        var bytes = [UInt8](repeating: 0, count: 16)
        let count = fread(&bytes, 1, bytes.count, file)
        return String(decoding: bytes.prefix(count).prefix { $0 > 0x20 }, as: UTF8.self)
    }

    @Test func predictionsRunOnThreadsOfTheirOwn() async throws {
        let serving = try await Serving()
        for number in 0..<4 { try await serving.publish(number, key: "k\(number)") }
        let names = Recorded<String>()
        let predictor = ClosurePredictor<Int, Int> { number in
            names.append(Self.threadName())
            await Task.yield()
            names.append(Self.threadName())
            // Child tasks of a prediction stay there too.
            async let child: Void = names.append(Self.threadName())
            await child
            return number
        }
        try await running(serving.runner(predictor)) {
            for number in 0..<4 { _ = try await serving.record(under: "k\(number)") }
        }
        #expect(names.all.count == 12)
        #expect(Set(names.all) == ["mlserving-pred"])
    }

    @Test func quickPredictionsRunWhereTheConnectionsAre() async throws {
        let serving = try await Serving()
        for number in 0..<4 { try await serving.publish(number, key: "k\(number)") }
        let transport = serving.server.transport()
        let places = Recorded<Bool>()
        let predictor = ClosurePredictor<Int, Int>(isQuick: true) { number in
            places.append(transport.executor.isIsolatingCurrentContext() == true)
            if number == 3 { throw ServingError(code: .invalidInput, message: "3") }
            return number
        }
        try await running(serving.runner(predictor, transport: transport)) {
            for number in 0..<3 { try await serving.expect(.success(number), under: "k\(number)") }
            #expect(try await serving.number(under: "k3").failure?.code == .invalidInput)
        }
        #expect(places.all == [true, true, true, true])
    }

    @Test func batchPredictionsRunOnThreadsOfTheirOwn() async throws {
        let serving = try await Serving()
        try await serving.publish(1, key: "k")
        let names = Recorded<String>()
        let predictor = ClosureBatchPredictor<Int, Int> { inputs in
            names.append(Self.threadName())
            return inputs
        }
        try await running(serving.runner(predictor)) { _ = try await serving.record(under: "k") }
        #expect(names.all == ["mlserving-pred"])
    }

    /// As many predictions block as could ever fill the cooperative pool; what ends them runs on it.
    @Test func blockingPredictionsDoNotStallOtherTasks() async throws {
        let serving = try await Serving()
        let count = 32
        for number in 0..<count { try await serving.publish(number, key: "k\(number)") }
        let (started, semaphore) = (Recorded<Int>(), DispatchSemaphore(value: 0))
        let predictor = ClosurePredictor<Int, Int> { number in
            started.append(number)
            Self.block(on: semaphore)
            return number
        }
        try await running(serving.runner(predictor) { $0.concurrency = count }) {
            await started.wait(for: count)
            for _ in 0..<count { semaphore.signal() }
            for number in 0..<count { try await serving.expect(.success(number), under: "k\(number)") }
        }
    }

    private static func block(on semaphore: DispatchSemaphore) {
        semaphore.wait()
    }

    @Test func concurrencyBoundsThePredictionsAtOnce() async throws {
        let serving = try await Serving()
        for number in 0..<10 { try await serving.publish(number, key: "k\(number)") }
        let (started, gate) = (Recorded<Int>(), Gate())
        let predictor = ClosurePredictor<Int, Int> { number in
            started.append(number)
            try await gate.wait()
            return number
        }
        try await running(serving.runner(predictor) { $0.concurrency = 3 }) {
            await started.wait(for: 3)
            // All deliveries have reached the consumer, and no fourth prediction has begun.
            try await serving.expect(depth: 0)
            #expect(Set(started.all) == [0, 1, 2])
            gate.open()
            for number in 0..<10 { try await serving.expect(.success(number), under: "k\(number)") }
        }
    }

    @Test func batchesGrowWhileOneIsPredicted() async throws {
        let serving = try await Serving()
        try await serving.publish(0, key: "k0")
        let (batches, gate) = (Recorded<[Int]>(), Gate())
        let predictor = ClosureBatchPredictor<Int, Int> { inputs in
            batches.append(inputs)
            try await gate.wait()
            return inputs
        }
        try await running(serving.runner(predictor)) {
            await batches.wait()
            for number in 1..<40 { try await serving.publish(number, key: "k\(number)") }
            gate.open()
            _ = try await serving.record(under: "k39")
            // What has arrived by the end of the first prediction is predicted together; a last one may still be on its way.
            #expect(batches.all[0] == [0])
            #expect(batches.all[1].count > 30)
        }
    }

    @Test func batchWaitsForItsDelayOrItsSize() async throws {
        let serving = try await Serving()
        let batches = Recorded<[Int]>()
        let limits = BatchLimits(maximumCount: 3, maximumDelay: .seconds(3_600))
        let predictor = ClosureBatchPredictor<Int, Int>(limits) { inputs in
            batches.append(inputs)
            return inputs
        }
        try await running(serving.runner(predictor)) {
            for number in 0..<3 { try await serving.publish(number, key: "k\(number)") }
            _ = try await serving.record(under: "k2")
            #expect(batches.all == [[0, 1, 2]])
        }
        let hasty = ClosureBatchPredictor<Int, Int>(BatchLimits(maximumCount: 3, maximumDelay: .milliseconds(5))) { $0 }
        try await running(serving.runner(hasty)) {
            try await serving.publish(7, key: "k7")
            try await serving.expect(.success(7), under: "k7")
        }
    }

    @Test func predictorSeesTheEarliestDeadlineOfItsBatch() async throws {
        let serving = try await Serving()
        let now = serving.server.executor.unixMilliseconds
        for (key, deadline) in [("a", now + 500_000), ("b", now + 100_000)] {
            try await serving.publish(1, key: key, headers: [MessageHeader.deadline: .integer(deadline)])
        }
        let timesLeft = Recorded<Duration?>()
        let predictor = ClosureBatchPredictor<Int, Int> { inputs in
            timesLeft.append(PredictionContext.current?.timeLeft)
            return inputs
        }
        try await running(serving.runner(predictor)) {
            _ = try await serving.record(under: "b")
            try await serving.publish(1, key: "c")
            _ = try await serving.record(under: "c")
        }
        #expect(PredictionContext.current == nil)
        let first = try #require(timesLeft.all.first)
        #expect(try #require(first) <= .seconds(100))
        #expect(timesLeft.all.last == .some(nil), "no deadline when nobody said one")
    }

    @Test func recordTellsWhereTheTimeWent() async throws {
        let serving = try await Serving()
        let headers: MessageHeaders = [MessageHeader.resultKey: .string("k"), MessageHeader.items: .integer(3)]
        try await serving.publish(Message(body: [0x93, 1, 2, 3], headers: headers))
        let spent = Recorded<Duration>()
        let predictor = ClosureBatchPredictor<Int, Int> { inputs in
            let start = ContinuousClock.now
            while ContinuousClock.now - start < .milliseconds(2) {}
            spent.append(ContinuousClock.now - start)
            return inputs
        }
        let start = ContinuousClock.now
        let times = try await running(serving.runner(predictor)) { try await serving.record(under: "k").times }
        let total = ContinuousClock.now - start
        #expect(times.predicting >= spent.all[0].microseconds)
        // Three inputs in one batch took the batch's time, not three times as long.
        #expect(times.batching + times.predicting <= total.microseconds)
        #expect(times.queued == 0)
    }
}
