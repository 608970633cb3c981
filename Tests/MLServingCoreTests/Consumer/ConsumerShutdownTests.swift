import ServiceLifecycle
import Testing
import UnixSignals

@testable import MLServingCore

/// G8, and what happens to requests when a consumer ends in other ways.
@Suite("ConsumerRunner: shutdown", .timeLimit(.minutes(5)))
struct ConsumerShutdownTests {
    private let echo = ClosureBatchPredictor<Int, Int> { $0 }

    /// Predicts when the gate is open, and records what it began on.
    private func gated(_ gate: Gate, _ seen: Recorded<Int>) -> ClosurePredictor<Int, Int> {
        ClosurePredictor { number in
            seen.append(number)
            try await gate.wait()
            return number
        }
    }

    @Test func drainAnswersWhatRunsAndReturnsTheRest() async throws {
        let serving = try await Serving()
        for number in 0..<5 { try await serving.publish(number, key: "k\(number)") }
        let (seen, gate) = (Recorded<Int>(), Gate())
        let transport = FaultyTransport(serving.server.transport())
        let consumer = RunningService(serving.runner(gated(gate, seen), transport: transport) { $0.concurrency = 1 })
        await seen.wait()
        await consumer.beginShutdown()
        #expect(await transport.events.wait() == [.rejected(4)])
        try await serving.expect(depth: 4)
        try await serving.publish(5, key: "k5")
        gate.open()
        try await consumer.waitForEnd()
        try await serving.expect(.success(0), under: "k0")
        #expect(seen.all == [0], "nothing is begun while draining")
        try await serving.expect(depth: 5)
        try await running(serving.runner(echo)) {
            for number in 0..<6 { try await serving.expect(.success(number), under: "k\(number)") }
        }
    }

    /// Holds requests without beginning on them.
    private let hesitant = ClosureBatchPredictor<Int, Int>(
        BatchLimits(maximumCount: 1_000, maximumDelay: .seconds(600))
    ) { $0 }

    /// Requests that are held by one consumer after the other, each of which drains.
    @Test(arguments: [ProducerConfiguration.ResultMode.store, .queue], [2, 3])
    func whatDrainsGiveBackIsNoSuspect(mode: ProducerConfiguration.ResultMode, maximumCrashes: Int) async throws {
        let serving = try await Serving()
        let replies = serving.queue.name + ".replies"
        try await serving.server.transport().broker.declare(QueueDefinition(name: replies))
        for number in 0..<20 {
            guard mode == .queue else {
                try await serving.publish(number, key: "k\(number)")
                continue
            }
            try await serving.publish(
                Message(body: try MessagePackCodec().encode(number), messageID: "\(number)", correlationID: "\(number)", replyTo: replies))
        }
        for _ in 0..<30 {
            let runner = serving.runner(hesitant) { $0.maximumCrashes = maximumCrashes }
            let consumer = RunningService(runner)
            while runner.health.report().heldRequests < 20 { await Task.yield() }
            await consumer.beginShutdown()
            try await consumer.waitForEnd()
            try await serving.expect(depth: 20)
        }
        let batches = Recorded<Int>()
        let predictor = ClosureBatchPredictor<Int, Int>(BatchLimits(maximumCount: 20)) { inputs in
            batches.append(inputs.count)
            return inputs
        }
        try await running(serving.runner(predictor) { $0.maximumCrashes = maximumCrashes }) {
            if mode == .store {
                for number in 0..<20 { try await serving.expect(.success(number), under: "k\(number)") }
            } else {
                let source = try await serving.server.transport().broker.consume(replies, prefetch: 20)
                var count = 0
                while count < 20 { count += try await source.next().count }
            }
        }
        #expect(batches.all.count < 6, "predicted together")
    }

    @Test func whatAFullQueueDoesNotTakeBackIsNotLost() async throws {
        let serving = try await Serving(maximumLength: 2)
        for number in 0..<2 { try await serving.publish(number, key: "k\(number)") }
        let runner = serving.runner(hesitant) { $0.maximumCrashes = 2 }
        let consumer = RunningService(runner)
        while runner.health.report().heldRequests < 2 { await Task.yield() }
        for number in 2..<4 { try await serving.publish(number, key: "k\(number)") }
        while runner.health.report().heldRequests < 4 { await Task.yield() }
        // The copies of two find room.
        await consumer.beginShutdown()
        try await consumer.waitForEnd()
        try await running(serving.runner(echo) { $0.maximumCrashes = 2 }) {
            for number in 0..<4 { try await serving.expect(.success(number), under: "k\(number)") }
        }
    }

    @Test func deliveriesThatWereNotReadAreGivenBackUncounted() async throws {
        let serving = try await Serving()
        let transport = SlowTransport(serving.server.transport())
        let runner = serving.runner(echo, transport: transport) { $0.maximumCrashes = 2 }
        let consumer = RunningService(runner)
        await transport.asked.wait(for: 2)
        for number in 0..<5 { try await serving.publish(number, key: "k\(number)") }
        await consumer.beginShutdown()
        await transport.cancelled.wait(for: 2)
        transport.gate.open()
        try await consumer.waitForEnd()
        let source = try await serving.server.transport().broker.consume(serving.queue.name, prefetch: 5)
        var deliveries: [Delivery] = []
        while deliveries.count < 5 { deliveries += try await source.next() }
        #expect(deliveries.allSatisfy { !$0.isRedelivered })
    }

    @Test func drainFinishesRequestsThatAreBegunInPart() async throws {
        let serving = try await Serving()
        let headers: MessageHeaders = [MessageHeader.resultKey: .string("k"), MessageHeader.items: .integer(3)]
        try await serving.publish(Message(body: [0x93, 1, 2, 3], headers: headers))
        let (seen, gate) = (Recorded<Int>(), Gate())
        let consumer = RunningService(serving.runner(gated(gate, seen)) { $0.concurrency = 1 })
        await seen.wait()
        await consumer.beginShutdown()
        gate.open()
        try await consumer.waitForEnd()
        #expect(try await serving.record(under: "k").outcomes == [.success([1]), .success([2]), .success([3])])
        try await serving.expect(depth: 0)
    }

    @Test func idleConsumerEndsAtOnce() async throws {
        let serving = try await Serving()
        try await serving.publish(1, key: "k")
        let consumer = RunningService(serving.runner(echo))
        _ = try await serving.record(under: "k")
        await consumer.beginShutdown()
        try await consumer.waitForEnd()
        #expect(try await serving.server.transport().broker.status(of: serving.queue.name).consumers == 0)
    }

    @Test func consumerThatWaitsForTheBrokerEndsToo() async throws {
        let serving = try await Serving()
        let consumer = RunningService(serving.runner(echo, transport: FaultyTransport(serving.server.transport(), .init(isAway: true))))
        await consumer.beginShutdown()
        try await consumer.waitForEnd()
    }

    @Test func shutdownAtAnyMomentOfTheStartLosesNothing() async throws {
        let serving = try await Serving()
        for round in 0..<100 {
            try await serving.publish(round, key: "k\(round)")
            let consumer = RunningService(serving.runner(echo))
            for _ in 0..<round { await Task.yield() }
            await consumer.beginShutdown()
            try await consumer.waitForEnd()
        }
        try await running(serving.runner(echo)) {
            for round in 0..<100 { try await serving.expect(.success(round), under: "k\(round)") }
        }
    }

    @Test func killAtAnyMomentLosesNothing() async throws {
        let serving = try await Serving()
        for round in 0..<100 {
            try await serving.publish(round, key: "k\(round)")
            // Each of them may be what a consumer was killed for.
            let consumer = RunningService(serving.runner(echo) { $0.maximumCrashes = 100 })
            for _ in 0..<round { await Task.yield() }
            await consumer.kill()
        }
        try await running(serving.runner(echo) { $0.maximumCrashes = 100 }) {
            for round in 0..<100 { try await serving.expect(.success(round), under: "k\(round)") }
        }
    }

    @Test func predictionThatOutlastsTheGracePeriodGoesBackToTheQueue() async throws {
        let serving = try await Serving()
        try await serving.publish(1, key: "k")
        let (seen, never) = (Recorded<Int>(), Gate())
        let consumer = RunningService(serving.runner(gated(never, seen)) { $0.gracePeriod = .milliseconds(10) })
        await seen.wait()
        await consumer.beginShutdown()
        try await consumer.waitForEnd()
        try await serving.expect(depth: 1)
        try await running(serving.runner(echo)) { try await serving.expect(.success(1), under: "k") }
    }

    @Test func storeThatStaysAwayDoesNotOutlastTheGracePeriod() async throws {
        let serving = try await Serving()
        try await serving.publish(1, key: "k")
        let transport = FaultyTransport(serving.server.transport(), .init(puts: .max))
        let consumer = RunningService(serving.runner(echo, transport: transport) { $0.gracePeriod = .milliseconds(10) })
        await transport.events.wait()
        await consumer.beginShutdown()
        try await consumer.waitForEnd()
        try await serving.expect(depth: 1)
    }

    @Test func nextConsumerAnswersWhatAKilledOneHad() async throws {
        let serving = try await Serving()
        for number in 0..<3 { try await serving.publish(number, key: "k\(number)") }
        let (seen, never) = (Recorded<Int>(), Gate())
        let consumer = RunningService(serving.runner(gated(never, seen)))
        await seen.wait()
        await consumer.kill()
        try await serving.expect(depth: 3)
        try await running(serving.runner(echo)) {
            for number in 0..<3 { try await serving.expect(.success(number), under: "k\(number)") }
        }
    }

    @Test(arguments: ProducerConfiguration.ResultMode.allCases)
    func callerOfAKilledConsumerHearsFromTheNext(mode: ProducerConfiguration.ResultMode) async throws {
        let serving = try await Serving()
        let (seen, never) = (Recorded<Int>(), Gate())
        let consumer = RunningService(serving.runner(gated(never, seen)))
        let client = serving.client(mode, of: (Int.self, Int.self))
        let answer = Task { try await client.predict(21, timeout: .seconds(60)) }
        await seen.wait()
        await consumer.kill()
        try await running(serving.runner(ClosurePredictor<Int, Int> { 2 * $0 })) {
            let answered = try await answer.value
            #expect(answered == 42)
        }
        await client.shutdown()
    }

    @Test func transportThatCannotGoOnEndsTheConsumerWithItsReason() async throws {
        let serving = try await Serving()
        let refused = TransportError(code: .refused, message: "wrong password")
        let runner = serving.runner(echo, transport: FaultyTransport(serving.server.transport(), .init(failure: refused)))
        await #expect(throws: refused) { try await runner.run() }
    }

    @Test func queueWithOtherPropertiesEndsTheConsumer() async throws {
        let serving = try await Serving()
        let runner = serving.runner(echo) { $0.queue.maximumLength = 7 }
        let error = await #expect(throws: TransportError.self) { try await runner.run() }
        #expect(error?.code == .mismatch)
    }

    @Test func wrongConfigurationIsThrownByRun() async throws {
        struct Wrong: Error {}
        let runner = ConsumerRunner(echo, logger: Serving.quiet) { () async throws in throw Wrong() }
        await #expect(throws: Wrong.self) { try await runner.run() }
    }

    @Test func shutdownOfTheHostReachesAConsumerThatMindsSignals() async throws {
        let serving = try await Serving()
        try await serving.publish(1, key: "k")
        // SIGUSR2 is nothing that anybody sends to a test.
        let consumer = RunningService(serving.runner(echo) { $0.gracefulShutdownSignals = [.sigusr2] })
        _ = try await serving.record(under: "k")
        await consumer.beginShutdown()
        try await consumer.waitForEnd()
    }
}
