import Testing

@testable import MLServingCore

/// G2: what is settled when, and which result counts.
@Suite("ConsumerRunner: settlement", .timeLimit(.minutes(5)))
struct ConsumerSettlementTests {
    private let echo = ClosureBatchPredictor<Int, Int> { $0 }

    @Test func resultIsStoredBeforeTheDeliveryIsAcknowledged() async throws {
        let serving = try await Serving()
        try await serving.publish(5, key: "k")
        let transport = FaultyTransport(serving.server.transport(), .init(puts: 2))
        try await running(serving.runner(echo, transport: transport)) {
            let events = await transport.events.wait(for: 4)
            #expect(events == [.put(stored: false), .put(stored: false), .put(stored: true), .acknowledged(1)])
            try await serving.expect(.success(5), under: "k")
        }
        try await serving.expect(depth: 0)
    }

    @Test func answeredRequestIsAcknowledgedWithoutPredicting() async throws {
        let serving = try await Serving()
        try await serving.publish(5, key: "k")
        try await serving.deliverInVain(1)
        _ = try await serving.server.transport().store.put([StoreEntry(key: "mlserving:k", value: [1], timeToLive: .seconds(60))])
        let seen = Recorded<Int>()
        let predictor = ClosurePredictor<Int, Int> { number in
            seen.append(number)
            return number
        }
        let transport = FaultyTransport(serving.server.transport())
        try await running(serving.runner(predictor, transport: transport)) {
            #expect(await transport.events.wait() == [.acknowledged(1)])
            try await serving.publish(6, key: "next")
            try await serving.expect(.success(6), under: "next")
            #expect(seen.all == [6])
        }
        #expect(try await serving.server.transport().store.get(["mlserving:k"]) == [[1]])
    }

    @Test func firstResultWinsWhenTheStoreCouldNotTell() async throws {
        let serving = try await Serving()
        try await serving.publish(5, key: "k")
        try await serving.deliverInVain(1)
        _ = try await serving.server.transport().store.put([StoreEntry(key: "mlserving:k", value: [1], timeToLive: .seconds(60))])
        let transport = FaultyTransport(serving.server.transport(), .init(contains: 5))
        try await running(serving.runner(echo, transport: transport)) {
            // Nobody knows whether it had begun, so it moves to the suspects. It is marked as begun, and comes too late.
            let events = await transport.events.wait(for: 6)
            #expect(Set(events) == [.published(id: "k"), .put(stored: true), .put(stored: false), .acknowledged(1)])
            #expect(events.last == .acknowledged(1))
        }
        #expect(try await serving.server.transport().store.get(["mlserving:k"]) == [[1]])
    }

    /// A producer whose connection broke publishes again, and the broker may have both.
    @Test func requestThatWasPublishedTwiceIsPredictedOnceAndSettledTwice() async throws {
        let serving = try await Serving()
        for _ in 0..<2 { try await serving.publish(5, key: "k") }
        let seen = Recorded<[Int]>()
        let predictor = ClosureBatchPredictor<Int, Int> { inputs in
            seen.append(inputs)
            return inputs
        }
        let transport = FaultyTransport(serving.server.transport())
        try await running(serving.runner(predictor, transport: transport)) {
            #expect(await transport.events.wait(for: 2) == [.put(stored: true), .acknowledged(2)])
            #expect(seen.all == [[5]])
        }
        try await serving.expect(depth: 0)
    }

    @Test func repliesWithoutNameAreNotTakenForOne() async throws {
        let serving = try await Serving()
        let asker = serving.server.transport()
        let channel = try await asker.broker.openReplyChannel()
        for number: UInt8 in 1...2 { channel.publish(Message(body: [number]), to: Route(routingKey: serving.queue.name)) { _ in } }
        let consumer = RunningService(serving.runner(echo))
        var replies: [ResultRecord] = []
        while replies.count < 2 {
            replies += try await channel.next().messages.map { try MessagePackCodec().decode(recordFrom: $0.body[...]) }
        }
        #expect(replies.map(\.outcomes) == [[.success([1])], [.success([2])]])
        await consumer.beginShutdown()
        try await consumer.waitForEnd()
        try await serving.expect(depth: 0)
    }

    @Test func requestThatNobodyWaitsForIsPredictedAndSettled() async throws {
        let serving = try await Serving()
        try await serving.publish(Message(body: [5]))
        let seen = Recorded<Int>()
        let predictor = ClosurePredictor<Int, Int> { number in
            seen.append(number)
            return number
        }
        let transport = FaultyTransport(serving.server.transport())
        try await running(serving.runner(predictor, transport: transport)) {
            #expect(await transport.events.wait() == [.acknowledged(1)])
            #expect(seen.all == [5])
        }
    }

    @Test func replyToSomebodyWhoIsGoneSettlesTheRequest() async throws {
        let serving = try await Serving()
        try await serving.publish(Message(body: [5], correlationID: "c", replyTo: "amq.gen-nobody"))
        let transport = FaultyTransport(serving.server.transport())
        try await running(serving.runner(echo, transport: transport)) {
            #expect(await transport.events.wait(for: 2) == [.published(id: nil), .acknowledged(1)])
        }
    }

    @Test func replyThatWasNotConfirmedIsSentAgain() async throws {
        let serving = try await Serving()
        let channel = try await serving.server.transport().broker.openReplyChannel()
        channel.publish(Message(body: [5], correlationID: "c"), to: Route(routingKey: serving.queue.name)) { _ in }
        let transport = FaultyTransport(serving.server.transport(), .init(publishes: [.lost, .lost]))
        try await running(serving.runner(echo, transport: transport)) {
            let replies = try await channel.next().messages
            #expect(replies.map(\.correlationID) == ["c"])
            let events = await transport.events.wait(for: 4)
            #expect(events == [.published(id: nil), .published(id: nil), .published(id: nil), .acknowledged(1)])
        }
    }

    @Test func deadLetterThatWasNotConfirmedIsSentAgainBeforeTheAnswer() async throws {
        let serving = try await Serving()
        try await serving.publish(Message(body: [0xC1], messageID: "m", headers: [MessageHeader.resultKey: .string("k")]))
        let transport = FaultyTransport(serving.server.transport(), .init(publishes: [.lost]))
        try await running(serving.runner(echo, transport: transport)) {
            let events = await transport.events.wait(for: 4)
            #expect(events == [.published(id: "m"), .published(id: "m"), .put(stored: true), .acknowledged(1)])
            let letters = try await serving.deadLetters(1)
            #expect(letters.map(\.body) == [[0xC1]])
        }
    }

    @Test func requestWhoseKeyIsNoTextIsLaidToRest() async throws {
        let serving = try await Serving()
        try await serving.publishAsIs(Message(body: [5], messageID: "m", headers: [MessageHeader.resultKey: .integer(7)]))
        let transport = FaultyTransport(serving.server.transport())
        try await running(serving.runner(echo, transport: transport)) {
            #expect(await transport.events.wait(for: 2) == [.published(id: "m"), .acknowledged(1)])
            let letter = try #require(try await serving.deadLetters(1).first)
            #expect(letter.body == [5] && letter.headers[MessageHeader.resultKey] == .integer(7))
            #expect(letter.headers[MessageHeader.deadLetterReason] == .string("malformed_request"))
            #expect(letter.headers[MessageHeader.deadLetterMessage]?.string?.contains("x-result-key") == true)
        }
    }

    @Test func emptyListIsAnsweredWithAnEmptyRecord() async throws {
        let serving = try await Serving()
        let headers: MessageHeaders = [MessageHeader.resultKey: .string("k"), MessageHeader.items: .integer(0)]
        try await serving.publish(Message(body: [0x90], headers: headers))
        try await running(serving.runner(echo)) {
            let record = try await serving.record(under: "k")
            #expect(record.outcomes.isEmpty)
        }
    }

    @Test func resultEndsWithItsTimeToLive() async throws {
        let serving = try await Serving()
        try await serving.publish(5, key: "k")
        let transport = FaultyTransport(serving.server.transport())
        try await running(serving.runner(echo, transport: transport) { $0.resultTimeToLive = .nanoseconds(1) }) {
            #expect(await transport.events.wait(for: 2) == [.put(stored: true), .acknowledged(1)])
            let values = try await serving.server.transport().store.get(["mlserving:k"])
            #expect(values == [nil])
        }
    }
}
