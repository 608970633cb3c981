import EventLoop
import Testing

@testable import MLServingCore

/// A consumer that lacks a right loses nothing for want of it, and goes on when it is granted.
@Suite("ConsumerRunner: missing rights", .timeLimit(.minutes(5)))
struct ConsumerRightsTests {
    private static let refused = TransportError(code: .notPermitted, message: "the test does not permit it")
    private let echo = ClosurePredictor<Int, Int> { $0 }
    private let failing = ClosurePredictor<Int, Int> { number in
        throw ServingError(code: .invalidInput, message: "no \(number)")
    }

    private func runner(
        _ predictor: some Predictor, _ serving: Serving, _ transport: FaultyTransport, usesStore: Bool = false
    ) -> ConsumerRunner {
        serving.runner(predictor, transport: transport) {
            $0.usesStore = usesStore
            $0.statusInterval = .milliseconds(20)
        }
    }

    private func wait(for runner: ConsumerRunner, _ condition: (HealthReport) -> Bool) async throws {
        while !condition(runner.health.report()) { try await Task.sleep(for: .milliseconds(1)) }
    }

    @Test func requestIsKeptWhileItsDeadLetterMayNotBePublished() async throws {
        let serving = try await Serving()
        let transport = FaultyTransport(serving.server.transport())
        let runner = runner(failing, serving, transport)
        try await running(runner) {
            try await runner.ready()
            // The first look is over: whoever has served once goes on.
            _ = await transport.checks.wait(for: 2)
            transport.change { $0.publishRefusal = { _, _ in .notPermitted } }
            try await serving.publish(1, key: "k1")
            try await wait(for: runner) { report in report.readinessProblems.contains { $0.code == .notPermitted } }
            // Nothing more is taken in, and nothing settled.
            try await wait(for: runner) { !$0.isRegistered }
            try await serving.publish(2, key: "k2")
            #expect(transport.events.all.settlements == 0)
            #expect(runner.health.report(at: .now + .seconds(1_000)).livenessProblems.allSatisfy { $0.code == .unresponsive })
            transport.change { $0.publishRefusal = nil }
            let letters = try await serving.deadLetters(2)
            #expect(Set(letters.compactMap(\.messageID)) == ["k1", "k2"])
            #expect(letters.allSatisfy { $0.headers[MessageHeader.deadLetterOmitted] == nil })
            try await wait(for: runner) { $0.isReady && $0.heldRequests == 0 }
        }
        try await serving.expect(depth: 0)
    }

    @Test func replyIsKeptWhileItMayNotBePublished() async throws {
        let serving = try await Serving()
        let replies = serving.queue.name + ".replies"
        try await serving.server.transport().broker.declare(QueueDefinition(name: replies))
        let transport = FaultyTransport(serving.server.transport())
        let runner = serving.runner(echo, transport: transport) {
            $0.answers.replyQueues = [replies]
            $0.statusInterval = .milliseconds(20)
        }
        try await running(runner) {
            try await runner.ready()
            // The first look is over: whoever has served once goes on.
            _ = await transport.checks.wait(for: 2)
            transport.change { $0.publishRefusal = { _, _ in .notPermitted } }
            try await serving.publish(Message(body: try MessagePackCodec().encode(1), messageID: "r", correlationID: "1", replyTo: replies))
            try await wait(for: runner) { report in report.readinessProblems.contains { $0.code == .notPermitted } }
            #expect(transport.events.all.settlements == 0)
            transport.change { $0.publishRefusal = nil }
            let source = try await serving.server.transport().broker.consume(replies, prefetch: 1)
            #expect(try await source.next().count == 1)
            try await wait(for: runner) { $0.isReady && $0.heldRequests == 0 }
        }
        try await serving.expect(depth: 0)
    }

    @Test func drainGivesBackWhatMayNotBePublished() async throws {
        let serving = try await Serving()
        let transport = FaultyTransport(serving.server.transport())
        let runner = runner(failing, serving, transport)
        let service = RunningService(runner)
        try await runner.ready()
        // The first look is over: whoever has served once goes on.
        _ = await transport.checks.wait(for: 2)
        transport.change { $0.publishRefusal = { _, _ in .notPermitted } }
        try await serving.publish(1, key: "k1")
        try await wait(for: runner) { report in report.readinessProblems.contains { $0.code == .notPermitted } }
        await service.beginShutdown()
        try await service.waitForEnd()
        #expect(transport.events.all.settlements == 0)
        try await serving.expect(depth: 1)
    }

    @Test func consumerThatMayNeverPublishEnds() async throws {
        let serving = try await Serving()
        let transport = FaultyTransport(serving.server.transport(), .init(publishRefusal: { _, _ in .notPermitted }))
        try await serving.publish(1, key: "k1")
        let error = await #expect(throws: TransportError.self) { try await runner(failing, serving, transport).run() }
        #expect(error?.code == .notPermitted)
        #expect(transport.events.all.settlements == 0)
    }

    @Test func resultIsKeptBeyondItsDeadlineWhileItMayNotBeStored() async throws {
        let serving = try await Serving()
        let transport = FaultyTransport(serving.server.transport())
        let runner = runner(echo, serving, transport, usesStore: true)
        try await finishing(runner) {
            try await runner.ready()
            transport.change { $0.entryRefusal = { _ in Self.refused } }
            let deadline = serving.server.executor.unixMilliseconds + 200
            try await serving.publish(1, key: "k1", headers: [MessageHeader.deadline: .integer(deadline)])
            try await wait(for: runner) { report in report.readinessProblems.contains { $0.code == .storeUnavailable } }
            while serving.server.executor.unixMilliseconds < deadline + 100 { try await Task.sleep(for: .milliseconds(10)) }
            #expect(transport.events.all.settlements == 0)
            transport.change { $0.entryRefusal = nil }
            _ = try await serving.record(under: "k1")
            try await wait(for: runner) { $0.isReady && $0.heldRequests == 0 }
            try await serving.publish(2, key: "k2")
            try await serving.expect(.success(2), under: "k2")
        }
        try await serving.expect(depth: 0)
    }

    @Test func consumerThatMayNeverStoreEnds() async throws {
        let serving = try await Serving()
        let transport = FaultyTransport(serving.server.transport(), .init(entryRefusal: { _ in Self.refused }))
        let error = await #expect(throws: TransportError.self) { try await runner(echo, serving, transport, usesStore: true).run() }
        #expect(error?.code == .notPermitted)
    }

    @Test func deadLetterWaitsForItsQueueAndIsNotReduced() throws {
        let queue = QueueDefinition(name: "q.dead-letters")
        var letter = Publication(.deadLetter, Message(body: []), to: queue, until: nil)
        var generator = SystemRandomNumberGenerator()
        let start = ContinuousClock.now
        for minute in 0..<100 {
            let error = TransportError(code: .unroutable, message: "")
            let decision = letter.failed(with: error, at: start + .seconds(60 * minute), using: &generator)
            guard case .retry(_, declaring: true) = decision else {
                Issue.record("given up")
                return
            }
        }
    }
}
