import EventLoop
import Metrics
import Testing

@testable import MLServingCore

/// What a running consumer reports of itself.
@Suite("ConsumerRunner: health", .timeLimit(.minutes(5)))
struct ConsumerHealthTests {
    private let echo = ClosureBatchPredictor<Int, Int> { $0 }

    /// Records what it is warmed up with.
    private struct WarmPredictor: Predictor {
        let warmUpInputs: [Int]
        let seen: Recorded<Int>
        let gate: Gate

        func predict(_ input: Int) async throws -> Int {
            seen.append(input)
            try await gate.wait()
            if input < 0 { throw ServingError(code: .invalidInput, message: "negative") }
            return input
        }
    }

    private struct WarmBatchPredictor: BatchPredictor {
        let seen: Recorded<[Int]>
        var batchLimits: BatchLimits { BatchLimits(maximumCount: 2) }
        var warmUpInputs: [Int] { [1, 2, 3] }

        func predict(batch inputs: [Int]) async throws -> [Int] {
            seen.append(inputs)
            return inputs
        }
    }

    private func opened() -> Gate {
        let gate = Gate()
        gate.open()
        return gate
    }

    // MARK: Readiness

    @Test func idleConsumerWithoutWarmUpIsReady() async throws {
        let serving = try await Serving()
        let runner = serving.runner(echo) { $0.usesStore = true }
        #expect(runner.health.report().readinessProblems.map(\.code) == [.notStarted])
        try await running(runner) {
            try await runner.ready()
            #expect(runner.health.report().isLive)
            #expect(runner.health.report().isReady)
        }
        #expect(runner.health.report().livenessProblems.map(\.code) == [.ended])
    }

    @Test func consumerWhoseStoreRefusesResultsIsNotReady() async throws {
        let serving = try await Serving()
        let transport = FaultyTransport(serving.server.transport(), .init(puts: .max))
        let runner = serving.runner(echo, transport: transport) {
            $0.usesStore = true
            $0.statusInterval = .milliseconds(1)
        }
        try await running(runner) {
            while !runner.health.report().isRegistered { await Task.yield() }
            await transport.events.wait()
            #expect(runner.health.report().readinessProblems.map(\.code) == [.storeUnavailable])
            transport.change { $0.puts = 0 }
            try await runner.ready()
        }
    }

    @Test func consumerWithoutNeedOfAStoreIsReadyWithoutOne() async throws {
        let serving = try await Serving()
        let runner = serving.runner(echo, transport: FaultyTransport(serving.server.transport(), .init(puts: .max)))
        try await running(runner) { try await runner.ready() }
    }

    @Test func whoWaitsForReadinessHearsWhyARunnerFailed() async throws {
        let serving = try await Serving()
        let refused = TransportError(code: .refused, message: "wrong password")
        let runner = serving.runner(echo, transport: FaultyTransport(serving.server.transport(), .init(isAway: true, failure: refused)))
        let ready = Task { try await runner.ready() }
        await #expect(throws: refused) { try await runner.run() }
        await #expect(throws: refused) { try await ready.value }
        await #expect(throws: refused) { try await runner.ready() }
    }

    @Test func waitForReadinessCanBeCancelled() async throws {
        let runner = try await Serving().runner(echo)
        let wait = Task { try await runner.ready() }
        wait.cancel()
        await #expect(throws: CancellationError.self) { try await wait.value }
    }

    @Test func warmUpMakesReadyWithoutTraffic() async throws {
        let serving = try await Serving()
        let seen = Recorded<Int>()
        let runner = serving.runner(WarmPredictor(warmUpInputs: [7, 8], seen: seen, gate: opened()))
        try await running(runner) {
            while !runner.health.report().isReady { await Task.yield() }
            #expect(seen.all == [7, 8])
        }
    }

    @Test func batchPredictorIsWarmedUpInBatches() async throws {
        let serving = try await Serving()
        let seen = Recorded<[Int]>()
        let runner = serving.runner(WarmBatchPredictor(seen: seen))
        try await running(runner) {
            while !runner.health.report().isReady { await Task.yield() }
            #expect(seen.all == [[1, 2], [3]])
        }
    }

    @Test func nothingIsConsumedBeforeTheWarmUpIsOver() async throws {
        let serving = try await Serving()
        try await serving.publish(1, key: "k")
        let (seen, gate) = (Recorded<Int>(), Gate())
        let runner = serving.runner(WarmPredictor(warmUpInputs: [7], seen: seen, gate: gate))
        try await running(runner) {
            await seen.wait()
            #expect(runner.health.report().readinessProblems.map(\.code) == [.warmingUp])
            #expect(runner.health.report().runningPredictions == 1)
            try await serving.expect(depth: 1)
            gate.open()
            try await serving.expect(.success(1), under: "k")
            #expect(seen.all == [7, 1])
        }
    }

    @Test func warmUpThatFailsEndsTheConsumerBeforeItTakesARequest() async throws {
        let serving = try await Serving()
        try await serving.publish(1, key: "k")
        let seen = Recorded<Int>()
        let runner = serving.runner(WarmPredictor(warmUpInputs: [7, -1], seen: seen, gate: opened()))
        let error = await #expect(throws: ServingError.self) { try await runner.run() }
        #expect(error?.code == .invalidInput)
        #expect(error?.message.contains("warm-up") == true)
        #expect(seen.all == [7, -1])
        try await serving.expect(depth: 1)
    }

    @Test func shutdownDoesNotWaitForTheWarmUp() async throws {
        let serving = try await Serving()
        let seen = Recorded<Int>()
        let consumer = RunningService(serving.runner(WarmPredictor(warmUpInputs: [7], seen: seen, gate: Gate())))
        await seen.wait()
        await consumer.beginShutdown()
        try await consumer.waitForEnd()
    }

    @Test func drainingConsumerIsNotReady() async throws {
        let serving = try await Serving()
        let (seen, gate) = (Recorded<Int>(), Gate())
        let runner = serving.runner(WarmPredictor(warmUpInputs: [], seen: seen, gate: gate))
        try await serving.publish(1, key: "k")
        let consumer = RunningService(runner)
        await seen.wait()
        await consumer.beginShutdown()
        while runner.health.report().readinessProblems.map(\.code) != [.draining] { await Task.yield() }
        #expect(runner.health.report().isLive)
        gate.open()
        try await consumer.waitForEnd()
    }

    // MARK: Liveness

    @Test func consumerWhoseBrokerStaysAwayIsDeadAfterTheLimit() async throws {
        let serving = try await Serving()
        let runner = serving.runner(echo, transport: FaultyTransport(serving.server.transport(), .init(isAway: true)))
        let limits = HealthLimits(registration: .seconds(60))
        try await running(runner) {
            while runner.health.report().readinessProblems.first?.code != .unregistered { await Task.yield() }
            #expect(runner.health.report(limits: limits).isLive)
            #expect(runner.health.report(limits: limits, at: .now + .seconds(61)).livenessProblems.map(\.code) == [.unregistered])
        }
    }

    @Test func stuckPredictionIsDeadAfterTheLimit() async throws {
        let serving = try await Serving()
        let (seen, gate) = (Recorded<Int>(), Gate())
        let runner = serving.runner(WarmPredictor(warmUpInputs: [], seen: seen, gate: gate))
        try await serving.publish(1, key: "k")
        try await running(runner) {
            await seen.wait()
            let later = runner.health.report(limits: HealthLimits(progress: .seconds(10)), at: .now + .seconds(11))
            #expect(later.livenessProblems.map(\.code).contains(.stuckPrediction))
            #expect(runner.health.report().heldRequests == 1)
            #expect(runner.health.report().isLive)
            gate.open()
            try await serving.expect(.success(1), under: "k")
            let recovered = runner.health.report(limits: HealthLimits(progress: .seconds(300)), at: .now + .seconds(200))
            #expect(recovered.isReady)
        }
    }

    @Test func resultsThatCannotBeStoredAreNoProgress() async throws {
        let serving = try await Serving()
        let transport = FaultyTransport(serving.server.transport(), .init(puts: .max))
        let runner = serving.runner(echo, transport: transport)
        try await serving.publish(1, key: "k")
        try await running(runner) {
            await transport.events.wait()
            let later = runner.health.report(limits: HealthLimits(progress: .seconds(10)), at: .now + .seconds(11))
            #expect(later.livenessProblems.map(\.code).contains(.noProgress))
        }
    }

    // MARK: The queue

    @Test func depthIsAskedFromTimeToTime() async throws {
        let serving = try await Serving()
        for number in 0..<5 { try await serving.publish(number, key: "k\(number)") }
        let (seen, gate) = (Recorded<Int>(), Gate())
        let gauges = GaugeRecorder()
        try await withMetricsFactory(gauges) {
            let runner = serving.runner(WarmPredictor(warmUpInputs: [], seen: seen, gate: gate)) { configuration in
                configuration.prefetch = 2
                configuration.statusInterval = .milliseconds(1)
            }
            try await running(runner) {
                while runner.health.report().queue != QueueStatus(depth: 3, consumers: 1) { await Task.yield() }
                await gauges.wait(for: "mlserving_queue_depth", 3)
                await gauges.wait(for: "mlserving_queue_consumers", 1)
                await gauges.wait(for: "mlserving_consumer_held_requests", 2)
                await gauges.wait(for: "mlserving_consumer_registered", 1)
                gate.open()
                await gauges.wait(for: "mlserving_queue_depth", 0)
                await gauges.wait(for: "mlserving_consumer_held_requests", 0)
                await gauges.wait(for: "mlserving_consumer_oldest_request_seconds", 0)
            }
        }
    }

    @Test func oldestRequestCountsItsTimeInTheQueue() async throws {
        let serving = try await Serving()
        let (seen, gate) = (Recorded<Int>(), Gate())
        let gauges = GaugeRecorder()
        let deadline = serving.server.executor.unixMilliseconds + 1_000_000
        var message = Message(body: try MessagePackCodec().encode(1), timeToLive: .seconds(2_000))
        message.headers = [MessageHeader.resultKey: .string("k"), MessageHeader.deadline: .integer(deadline)]
        try await serving.publish(message)
        try await withMetricsFactory(gauges) {
            let runner = serving.runner(WarmPredictor(warmUpInputs: [], seen: seen, gate: gate)) {
                $0.statusInterval = .milliseconds(1)
            }
            try await running(runner) {
                await gauges.wait { $0["mlserving_consumer_oldest_request_seconds"] ?? 0 >= 1_000 }
            }
        }
    }
}
