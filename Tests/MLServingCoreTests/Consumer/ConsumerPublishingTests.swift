import Testing

@testable import MLServingCore

/// What a consumer publishes, and a broker that does not take it: each bad message harms only itself.
@Suite("ConsumerRunner: publishing", .timeLimit(.minutes(5)))
struct ConsumerPublishingTests {
    private let echo = ClosurePredictor<Int, Int> { $0 }
    private let failing = ClosurePredictor<Int, Int> { number in
        throw ServingError(code: .invalidInput, message: "no \(number)")
    }

    /// A queue for replies, which is not the consumer's.
    private func replies(of serving: Serving) async throws -> String {
        let name = serving.queue.name + ".replies"
        try await serving.server.transport().broker.declare(QueueDefinition(name: name))
        return name
    }

    private func ask(_ serving: Serving, _ number: Int, replyTo queue: String) async throws {
        try await serving.publish(
            Message(body: try MessagePackCodec().encode(number), messageID: "r\(number)", correlationID: "\(number)", replyTo: queue))
    }

    private func take(_ count: Int, from queue: String, of serving: Serving) async throws -> [String: ResultRecord.Outcome] {
        let source = try await serving.server.transport().broker.consume(queue, prefetch: count)
        var outcomes: [String: ResultRecord.Outcome] = [:]
        while outcomes.count < count {
            for delivery in try await source.next() {
                let record = try MessagePackCodec().decode(recordFrom: delivery.message.body[...])
                outcomes[delivery.message.correlationID ?? ""] = record.outcomes.first
            }
        }
        return outcomes
    }

    @Test func replyThatIsTooLargeIsAnsweredByASmallErrorAndRests() async throws {
        let serving = try await Serving()
        let queue = try await replies(of: serving)
        let long = ClosurePredictor<Int, String> { String(repeating: "x", count: $0) }
        let transport = FaultyTransport(
            serving.server.transport(), .init(publishRefusal: { message, _ in message.body.count > 100_000 ? .tooLarge : nil }))
        for number in [1, 200_000, 2] { try await ask(serving, number, replyTo: queue) }
        try await running(serving.runner(long, transport: transport) { $0.answers.replyQueues = [queue] }) {
            let outcomes = try await take(3, from: queue, of: serving)
            #expect(outcomes["200000"]?.failure?.code == .tooLarge)
            #expect(outcomes["1"]?.failure == nil && outcomes["2"]?.failure == nil)
            let letter = try await serving.deadLetters(1)[0]
            #expect(letter.messageID == "r200000")
            #expect(letter.headers[MessageHeader.deadLetterReason] == .string("too_large"))
            var events = transport.events.all
            while events.settlements < 3 { events = await transport.events.wait(for: events.count + 1) }
        }
        try await serving.expect(depth: 0)
    }

    @Test func replyAddressThatTheBrokerRefusesCostsOneTryAndRests() async throws {
        let serving = try await Serving()
        let queue = try await replies(of: serving)
        let transport = FaultyTransport(
            serving.server.transport(), .init(publishRefusal: { _, route in route.routingKey == "rubbish" ? .refused : nil }))
        try await ask(serving, 1, replyTo: "rubbish")
        try await ask(serving, 2, replyTo: queue)
        try await running(serving.runner(echo, transport: transport) { $0.answers.replyQueues = ["rubbish", queue] }) {
            let outcomes = try await take(1, from: queue, of: serving)
            #expect(outcomes["2"]?.failure == nil)
            let letter = try await serving.deadLetters(1)[0]
            #expect(letter.messageID == "r1")
            #expect(letter.headers[MessageHeader.deadLetterReason] == .string("result_refused"))
            var events = transport.events.all
            while events.settlements < 2 { events = await transport.events.wait(for: events.count + 1) }
        }
        #expect(transport.events.all.count { $0 == .published(id: nil) } == 2, "one to each reply address")
        try await serving.expect(depth: 0)
    }

    @Test func deadLetterThatTheBrokerRefusesRestsWithoutWhatDoesNotFit() async throws {
        let serving = try await Serving()
        let letters = serving.queue.name + ".dead-letters"
        let transport = FaultyTransport(
            serving.server.transport(),
            .init(publishRefusal: { message, route in
                guard route.routingKey == letters else { return nil }
                return message.headers["ballast"] != nil || message.body.count > 10 ? .tooLarge : nil
            }))
        let body = try MessagePackCodec().encode(String(repeating: "x", count: 100))
        let headers: MessageHeaders = [MessageHeader.resultKey: .string("k"), "ballast": .string(String(repeating: "y", count: 10_000))]
        try await serving.publish(Message(body: body, messageID: "m", headers: headers))
        try await finishing(serving.runner(failing, transport: transport)) {
            _ = try await serving.record(under: "k")
            let letter = try await serving.deadLetters(1)[0]
            #expect(letter.messageID == "m")
            #expect(letter.body.isEmpty)
            #expect(letter.headers["ballast"] == nil)
            #expect(letter.headers[MessageHeader.resultKey] == .string(Serving.key("k")))
            #expect(letter.headers[MessageHeader.deadLetterOmitted] == .string("headers, \(body.count) bytes of body"))
        }
        try await serving.expect(depth: 0)
    }

    @Test func reasonOfADeadLetterIsBounded() async throws {
        let serving = try await Serving()
        let predictor = ClosurePredictor<Int, Int> { _ in
            throw ServingError(code: .invalidInput, message: String(repeating: "é", count: 100_000))
        }
        try await serving.publish(1, key: "k")
        try await running(serving.runner(predictor)) {
            _ = try await serving.record(under: "k")
            let letter = try await serving.deadLetters(1)[0]
            #expect((letter.headers[MessageHeader.deadLetterMessage]?.string?.utf8.count ?? .max) <= 1_010)
        }
    }

    // MARK: Deleted queues

    @Test func deletedQueueOfDeadLettersIsDeclaredAgain() async throws {
        let serving = try await Serving()
        let runner = serving.runner(failing)
        try await running(runner) {
            try await runner.ready()
            await serving.server.deleteQueue(serving.queue.name + ".dead-letters")
            try await serving.publish(1, key: "k")
            #expect(try await serving.number(under: "k").failure?.code == .invalidInput)
            #expect(try await serving.deadLetters(1)[0].messageID == "k")
        }
    }

    @Test func deletedQueueOfSuspectsIsDeclaredAgain() async throws {
        let serving = try await Serving()
        try await serving.publish(1, key: "k")
        try await serving.deliverInVain(1)
        try await serving.mark(1, key: "k")
        let transport = FaultyTransport(serving.server.transport())
        // It goes just before the first suspect comes.
        transport.change { faults in
            faults.afterLook = { [server = serving.server, name = serving.queue.suspectQueue.name] keys in
                transport.change { $0.afterLook = nil }
                await server.deleteQueue(name)
            }
        }
        try await running(serving.runner(echo, transport: transport)) { try await serving.expect(.success(1), under: "k") }
    }

    @Test func deletedQueueOfRetriesIsDeclaredAgain() async throws {
        let serving = try await Serving()
        let attempts = Recorded<Void>()
        let flaky = ClosurePredictor<Int, Int> { [server = serving.server, queue = serving.queue] number in
            attempts.append(())
            if attempts.all.count % 2 == 0 { return number }
            await server.deleteQueue(queue.retryQueue(slice: .milliseconds(1)).name)
            throw ServingError(code: .predictionFailed, message: "flaky", isRetryable: true)
        }
        let runner = serving.runner(flaky) { $0.retries = RetryPolicy(baseDelay: .milliseconds(4), maximumDelay: .milliseconds(4)) }
        try await running(runner) {
            for number in 0..<10 {
                // Whichever queue of the four is used, it is gone.
                for slice in 1...4 { await serving.server.deleteQueue(serving.queue.retryQueue(slice: .milliseconds(slice)).name) }
                try await serving.publish(number, key: "k\(number)")
                try await serving.expect(.success(number), under: "k\(number)")
            }
        }
    }

    @Test func deletedQueueOfRequestsIsConsumedAgain() async throws {
        let serving = try await Serving()
        let runner = serving.runner(echo)
        try await running(runner) {
            try await runner.ready()
            await serving.server.deleteQueue(serving.queue.name)
            #expect(runner.health.report().readinessProblems.map(\.code) == [.unregistered])
            #expect(runner.health.report(at: .now + .seconds(61)).livenessProblems.map(\.code) == [.unregistered])
            let client = serving.client()
            #expect(try await client.predict(7) == 7)
            #expect(runner.health.report().isReady)
            await client.shutdown()
        }
    }
}
