import EventLoop
import Testing

@testable import MLServingCore

@Suite("DeadLetterQueue: replaying", .timeLimit(.minutes(5)))
struct DeadLetterReplayTests {
    @Test func lettersBecomeRequestsAgainInOrder() async throws {
        let box = try await DeadLetterBox(count: 7)
        var replayed: [String] = []
        let count = try await box.letters(pageSize: 3).replay { replayed.append($0.id) }
        #expect(count.selected == 7 && replayed == (0..<7).map(String.init))
        try await box.expect([])
        let requests = try await box.messages(in: box.requests)
        #expect(requests.map(\.messageID) == (0..<7).map(String.init))
        #expect(requests[3].headers == [MessageHeader.resultKey: .string("mlserving:key-3")])
        #expect(try requests[3].body == MessagePackCodec().encode("3"))
    }

    @Test func othersStayWhereTheyAre() async throws {
        let box = try await DeadLetterBox(["a", "b", "a", "c"])
        try await box.letters(pageSize: 1).replay(DeadLetterSelection(reason: "a"))
        try await box.expect(["1", "3"])
        #expect(try await box.messages(in: box.requests).map(\.messageID) == ["0", "2"])
    }

    @Test func destinationAndDeadlineCanBeGiven() async throws {
        let box = try await DeadLetterBox(count: 1)
        try await box.server.transport().broker.declare(QueueDefinition(name: "elsewhere"))
        let before = box.server.executor.unixMilliseconds
        try await box.letters().replay(to: "elsewhere", timeToLive: .seconds(60))
        let request = try #require(try await box.messages(in: "elsewhere").first)
        #expect(request.timeToLive == .seconds(60))
        #expect(try #require(request.headers[MessageHeader.deadline]?.integer) >= before + 60_000)
    }

    @Test func letterWithoutAQueueGoesToTheQueueOfRequests() async throws {
        let box = try await DeadLetterBox(count: 0)
        let broker = box.server.transport().broker
        try await broker.publish(Message(body: [1], messageID: "foreign"), to: Route(routingKey: box.name))
        let letters = DeadLetterQueue(box.name, requestQueue: box.requests, transport: box.server.transport())
        #expect(try await letters.replay().selected == 1)
        #expect(try await box.messages(in: box.requests).map(\.messageID) == ["foreign"])
    }

    @Test func letterIsNotReplayedToTheDeadLetters() async throws {
        let box = try await DeadLetterBox(count: 1)
        await #expect(throws: TransportError.self) { try await box.letters().replay(to: box.name) }
        try await box.expect(["0"])
    }

    @Test func letterStaysWhenNoQueueTakesItsRequest() async throws {
        let box = try await DeadLetterBox(count: 3)
        let error = await #expect(throws: TransportError.self) { try await box.letters().replay(to: "nowhere") }
        #expect(error?.code == .unroutable)
        #expect(error?.message.hasPrefix("0 could not be replayed to queue nowhere") == true)
        try await box.expect(["0", "1", "2"])
    }

    @Test func whatAFullQueueDoesNotTakeStays() async throws {
        let box = try await DeadLetterBox(count: 5)
        try await box.server.transport().broker.declare(QueueDefinition(name: "small", maximumLength: 2))
        var replayed: [String] = []
        let error = await #expect(throws: TransportError.self) {
            try await box.letters().replay(to: "small") { replayed.append($0.id) }
        }
        #expect(error?.code == .overloaded && replayed == ["0", "1"])
        try await box.expect(["2", "3", "4"])
    }

    /// An empty body would be served as if it were what was asked for.
    @Test(arguments: ["body", "headers, 17 bytes of body"]) func letterWithoutItsBodyStays(_ omitted: String) async throws {
        let box = try await DeadLetterBox(count: 1)
        var bodiless = Message(body: [], messageID: "bodiless")
        bodiless.headers[MessageHeader.deadLetterOmitted] = .string(omitted)
        try await box.server.transport().broker.publish(bodiless, to: Route(routingKey: box.name))
        try await box.add("2", reason: "prediction_failed")
        var (replayed, refused): ([String], [String]) = ([], [])
        let count = try await box.letters(pageSize: 2).replay(body: { replayed.append($0.id) }, refused: { refused.append($0.id) })
        #expect(replayed == ["0", "2"] && refused == ["bodiless"])
        #expect(count.selected == 3 && count.refused == 1)
        try await box.expect(["bodiless"])
        #expect(try await box.messages(in: box.requests).map(\.messageID) == ["0", "2"])
    }

    /// A letter that a reader cannot take, such as one that the broker put here though its body is beyond all limits.
    @Test func letterThatCannotBeReadStays() async throws {
        let box = try await DeadLetterBox(count: 2)
        let transport = FaultyTransport(box.server.transport())
        transport.change { $0.defective = ["0"] }
        let letters = box.letters(transport: transport)
        #expect(try await letters.list().map(\.omission) == ["body: the test spoiled it", nil])
        #expect(try await letters.replay().refused == 1)
        #expect(try await box.messages(in: box.name).map(\.body) == [try MessagePackCodec().encode("0")])
    }

    @Test func letterThatLostOnlyHeadersIsReplayed() async throws {
        let box = try await DeadLetterBox(count: 0)
        let letter = Message(body: [1], messageID: "m", headers: [MessageHeader.deadLetterOmitted: .string("headers")])
        try await box.server.transport().broker.publish(letter, to: Route(routingKey: box.name))
        #expect(try await box.letters().replay().refused == 0)
        #expect(try await box.messages(in: box.requests).map(\.headers) == [[:]])
    }

    /// Anybody may have written the header.
    @Test func letterWithABodyIsReplayedWhateverItSays() async throws {
        let box = try await DeadLetterBox(count: 0)
        let letter = Message(body: [1], messageID: "m", headers: [MessageHeader.deadLetterOmitted: .string("1 bytes of body")])
        try await box.server.transport().broker.publish(letter, to: Route(routingKey: box.name))
        #expect(try await box.letters().replay().refused == 0)
    }

    /// As when the process is killed in between: the request may run twice, and is never lost.
    @Test func letterStaysUnlessItsRequestIsConfirmed() async throws {
        let box = try await DeadLetterBox(count: 2)
        let transport = FaultyTransport(box.server.transport(), .init(publishes: [.taken]))
        await #expect(throws: TransportError.self) { try await box.letters(pageSize: 1, transport: transport).replay() }
        try await box.expect(["0", "1"])
        #expect(try await box.messages(in: box.requests).map(\.messageID) == ["0"])
    }

    @Test func cancelledReplayKeepsWhatIsNotConfirmed() async throws {
        let box = try await DeadLetterBox(count: 3)
        let transport = FaultyTransport(box.server.transport(), .init(publishes: [.unanswered]))
        let task = Task { try await box.letters(transport: transport).replay() }
        await transport.events.wait(for: 3)
        task.cancel()
        await #expect(throws: CancellationError.self) { try await task.value }
        #expect(try await box.letters().list().first?.id == "0")
    }

    // MARK: Results

    @Test func replayedRequestIsAnsweredAnew() async throws {
        let serving = try await Serving()
        let refusing = ClosurePredictor<Int, Int> { _ in throw ServingError(code: .invalidInput, message: "no") }
        try await running(serving.runner(refusing)) {
            try await serving.publish(5, key: "k")
            #expect(try await serving.number(under: "k").failure?.message == "no")
        }
        let letters = DeadLetterQueue(serving.queue.name + ".dead-letters", transport: serving.server.transport())
        let letter = try #require(try await letters.list().first)
        #expect(letter.id == "k" && letter.reason == "invalid_input" && letter.explanation == "no" && letter.queue == serving.queue.name)
        try await letters.replay()
        try await running(serving.runner(ClosurePredictor<Int, Int> { $0 + 1 })) {
            try await serving.expect(.success(6), under: "k")
        }
        #expect(try await letters.depth() == 0)
    }

    @Test func whatFailsAgainIsNotReplayedAgain() async throws {
        let serving = try await Serving()
        let calls = Recorded<Int>()
        let refusing = ClosurePredictor<Int, Int> { number in
            calls.append(number)
            throw ServingError(code: .invalidInput, message: "no")
        }
        try await running(serving.runner(refusing)) {
            for number in 0..<4 { try await serving.publish(number, key: "k\(number)") }
            for number in 0..<4 { _ = try await serving.record(under: "k\(number)") }
            let letters = DeadLetterQueue(serving.queue.name + ".dead-letters", transport: serving.server.transport(), pageSize: 1)
            #expect(try await letters.replay().selected == 4)
            for number in 0..<4 { _ = try await serving.record(under: "k\(number)") }
            #expect(try await letters.depth() == 4)
        }
        #expect(calls.all.count == 8)
    }

    /// Whoever may publish may write a letter: what it names is not removed or sent anywhere.
    @Test func letterReachesNothingOfOthers() async throws {
        let box = try await DeadLetterBox(count: 0)
        let transport = box.server.transport()
        try await transport.broker.declare(QueueDefinition(name: "payments"))
        func record(_ id: String, _ outcome: ResultRecord.Outcome) throws -> [UInt8] {
            try MessagePackCodec().encode(record: ResultRecord(requestID: id, outcomes: [outcome]))
        }
        let error = ResultRecord.Outcome.failure(ServingError(code: .predictionFailed, message: "no"))
        let values: [String: [UInt8]] = [
            "session:42": [1], "mlserving-control:{work}:cancel:x": [1], "mlserving:cancel:{work}:x": [1],
            "mlserving:success": try record("hostile", .success([1])), "mlserving:another": try record("victim", error),
            "mlserving:strange": [0xc1], "mlserving:own": try record("hostile", error),
        ]
        _ = try await transport.store.put(values.map { StoreEntry(key: $0, value: $1, timeToLive: .seconds(60)) })
        for key in values.keys {
            let headers: MessageHeaders = [
                MessageHeader.resultKey: .string(key), MessageHeader.deadLetterQueue: .string("payments"),
                MessageHeader.failures: .array(Array(repeating: .array([.null]), count: 1_000)),
            ]
            try await transport.broker.publish(Message(body: [1], messageID: "hostile", headers: headers), to: Route(routingKey: box.name))
        }
        #expect(try await box.letters().replay().selected == values.count)
        #expect(try await transport.broker.status(of: "payments").depth == 0)
        #expect(try await transport.broker.status(of: box.requests).depth == values.count)
        let keys = values.keys.sorted()
        let left = zip(keys, try await transport.store.contains(keys)).filter(\.1).map(\.0)
        #expect(left == keys.filter { $0 != "mlserving:own" })
    }

    @Test func nothingIsPublishedWhileOldResultsCannotBeRemoved() async throws {
        let box = try await DeadLetterBox(count: 2)
        let transport = FaultyTransport(box.server.transport(), .init(gets: 1))
        await #expect(throws: TransportError.self) { try await box.letters(transport: transport).replay() }
        try await box.expect(["0", "1"])
        #expect(try await box.messages(in: box.requests).isEmpty)
    }
}
