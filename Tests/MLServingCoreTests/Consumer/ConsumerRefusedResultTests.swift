import EventLoop
import Testing

@testable import MLServingCore

/// A result that the store does not take harms only itself.
@Suite("ConsumerRunner: refused results", .timeLimit(.minutes(5)))
struct ConsumerRefusedResultTests {
    private static let refused = TransportError(code: .refused, message: "NOPERM no permission to access the key")
    private static let full = TransportError(code: .unavailable, message: "OOM command not allowed")
    private let echo = ClosureBatchPredictor<Int, Int> { $0 }

    @Test func othersAreStoredAndTheRefusedOneIsDeadLetteredAndSettled() async throws {
        let serving = try await Serving()
        for number in 0..<20 { try await serving.publish(number, key: "k\(number)") }
        let transport = FaultyTransport(
            serving.server.transport(), .init(entryRefusal: { $0.key == Serving.key("k7") ? Self.refused : nil }))
        try await finishing(serving.runner(echo, transport: transport)) {
            for number in 0..<20 where number != 7 { try await serving.expect(.success(number), under: "k\(number)") }
            let letter = DeadLetter(try #require(try await serving.deadLetters(1).first))
            #expect(letter.reason == "result_refused")
            #expect(letter.explanation?.contains("NOPERM") == true)
            #expect(letter.resultKey == Serving.key("k7"))
            try await serving.publish(21, key: "next")
            try await serving.expect(.success(21), under: "next")
        }
        // What was not settled would be back.
        try await serving.expect(depth: 0)
    }

    @Test func callerHearsOfAResultThatIsTooLarge() async throws {
        let serving = try await Serving()
        // Nothing that could be compressed.
        let repeater = ClosurePredictor<Int, [UInt8]> { count in (0..<count).map { _ in UInt8.random(in: 128...255) } }
        let transport = FaultyTransport(
            serving.server.transport(), .init(breaksConnection: { $0.value.count > 1_000_000 }))
        let client = serving.client(of: (Int.self, [UInt8].self))
        try await running(serving.runner(repeater, transport: transport), client) {
            async let large = client.predict(2_000_000)
            for count in 1...20 { #expect(try await client.predict(count).count == count) }
            do {
                _ = try await large
                Issue.record("the result cannot have been stored")
            } catch let error as ServingError {
                #expect(error.code == .tooLarge)
                #expect(!error.isRetryable)
            }
            let letters = try await serving.deadLetters(1)
            #expect(letters.map { DeadLetter($0).reason } == ["too_large"])
        }
    }

    @Test func manyInputsWhoseResultIsTooLargeGetOneSmallError() async throws {
        let serving = try await Serving()
        let transport = FaultyTransport(
            serving.server.transport(),
            .init(entryRefusal: { $0.value.count > 2_000 ? TransportError(code: .tooLarge, message: "too large") : nil }))
        let client = serving.client()
        try await running(serving.runner(echo, transport: transport), client) {
            let outcomes = try await client.predict(batch: Array(0..<2_000))
            #expect(outcomes.count == 2_000)
            #expect(outcomes.allSatisfy { $0.failure?.code == .tooLarge })
        }
    }

    @Test func fullStoreIsWaitedForUntilTheDeadlineAndThenTheRequestIsSettled() async throws {
        let serving = try await Serving()
        var message = Message(body: try MessagePackCodec().encode(1), messageID: "full")
        message.headers[MessageHeader.resultKey] = .string("full")
        message.headers[MessageHeader.deadline] = .integer(serving.server.executor.unixMilliseconds + 400)
        try await serving.publish(message)
        let transport = FaultyTransport(
            serving.server.transport(), .init(entryRefusal: { $0.key == Serving.key("full") ? Self.full : nil }))
        try await running(serving.runner(echo, transport: transport)) {
            for number in 0..<10 {
                try await serving.publish(number, key: "other\(number)")
                try await serving.expect(.success(number), under: "other\(number)")
            }
            var events = transport.events.all
            while events.settlements < 11 { events = await transport.events.wait(for: events.count + 1) }
            #expect(events.contains(.put(stored: false)))
        }
        try await serving.expect(depth: 0)
    }

    @Test func drainDoesNotWaitForAStoreThatNeverTakesTheResultBeyondItsGracePeriod() async throws {
        let serving = try await Serving()
        try await serving.publish(1, key: "full")
        let transport = FaultyTransport(serving.server.transport(), .init(entryRefusal: { _ in Self.full }))
        let runner = serving.runner(echo, transport: transport) { $0.gracePeriod = .milliseconds(200) }
        let consumer = RunningService(runner)
        _ = await transport.events.wait(for: 1)
        let start = ContinuousClock.now
        await consumer.beginShutdown()
        try await consumer.waitForEnd()
        #expect(ContinuousClock.now - start < .seconds(10))
        try await serving.expect(depth: 1)
    }
}
