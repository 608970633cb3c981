import Testing

@testable import MLServingCore

/// Requests that share what others take for a name: each is answered.
@Suite("ConsumerRunner: identity", .timeLimit(.minutes(5)))
struct ConsumerIdentityTests {
    @Test(arguments: [["1", "2", "3"], [nil, nil, nil], ["1", "1", "1"]] as [[String?]])
    func everyRequestWithOneReplyAddressIsAnswered(ids: [String?]) async throws {
        let serving = try await Serving()
        let gate = Gate()
        let channel = try await serving.server.transport().broker.openReplyChannel()
        for (number, id) in ids.enumerated() {
            let message = Message(body: [UInt8(number)], messageID: id, correlationID: "c")
            channel.publish(message, to: Route(routingKey: serving.queue.name)) { _ in }
        }
        let predictor = ClosurePredictor<Int, Int> { number in
            try await gate.wait()
            return number
        }
        try await running(serving.runner(predictor) { $0.concurrency = 3 }) {
            gate.open()
            var numbers: Set<Int> = []
            while numbers.count < 3 {
                for reply in try await channel.next().messages {
                    let outcome = try #require(try Answer(reply.body).record.outcomes.first)
                    numbers.insert(try MessagePackCodec().decode(Int.self, from: outcome.get()))
                }
            }
            #expect(numbers == [0, 1, 2])
        }
    }

    @Test func answerThatMayNotGoWhereItIsWantedGoesNowhere() async throws {
        let serving = try await Serving()
        let (server, seen) = (serving.server.transport(), Recorded<Int>())
        try await server.broker.declare(QueueDefinition(name: "payments"))
        let predictor = ClosurePredictor<Int, Int> { number in
            seen.append(number)
            return number
        }
        try await serving.publishAsIs(Message(body: [1], messageID: "a", replyTo: "payments"))
        for (id, key) in [("b", "session:42"), ("c", "mlserving-control:{\(serving.queue.name)}:cancel:mlserving:good")] {
            let headers: MessageHeaders = [MessageHeader.resultKey: .string(key), MessageHeader.coalesced: .bool(true)]
            try await serving.publishAsIs(Message(body: [1], messageID: id, headers: headers))
        }
        try await serving.publish(7, key: "good")
        try await finishing(serving.runner(predictor)) {
            try await serving.expect(.success(7), under: "good")
            let letters = try await serving.deadLetters(3)
            #expect(Set(letters.map(\.messageID)) == ["a", "b", "c"])
            #expect(letters.allSatisfy { $0.headers[MessageHeader.deadLetterReason] == .string("malformed_request") })
            #expect(
                letters.allSatisfy { $0.headers[MessageHeader.deadLetterMessage]?.string?.contains("the answer may not go there") == true })
        }
        #expect(seen.all == [7])
        #expect(try await server.broker.status(of: "payments").depth == 0)
        #expect(try await server.store.contains(["session:42"]) == [false])
        try await serving.expect(depth: 0)
    }
}
