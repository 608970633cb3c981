import EventLoop
import Testing

@testable import MLServingCore

/// G6 and G11: what is wrong with one input or request stays with it.
@Suite("ConsumerRunner: isolation", .timeLimit(.minutes(5)))
struct ConsumerIsolationTests {
    struct Bad: Error, CustomStringConvertible {
        let description = "a bad number"
    }

    @Test func oneBadInputNeverFailsItsNeighbours() async throws {
        let serving = try await Serving()
        for number in 0..<20 { try await serving.publish(number, key: "k\(number)") }
        let predictor = ClosureBatchPredictor<Int, Int>(BatchLimits(maximumCount: 16)) { inputs in
            if inputs.contains(13) { throw Bad() }
            return inputs.map { -$0 }
        }
        try await running(serving.runner(predictor)) {
            for number in 0..<20 where number != 13 { try await serving.expect(.success(-number), under: "k\(number)") }
            try await serving.expect(.failure(ServingError(code: .predictionFailed, message: "a bad number")), under: "k13")
            let letters = try await serving.deadLetters(1)
            #expect(letters.map(\.messageID) == ["k13"])
        }
    }

    @Test func missingOutputsAreFoundByPredictingSingly() async throws {
        let serving = try await Serving()
        for number in 0..<5 { try await serving.publish(number, key: "k\(number)") }
        let predictor = ClosureBatchPredictor<Int, Int> { inputs in inputs.count > 1 ? Array(inputs.dropLast()) : inputs }
        try await running(serving.runner(predictor)) {
            for number in 0..<5 { try await serving.expect(.success(number), under: "k\(number)") }
        }
    }

    @Test(arguments: [0, 2])
    func wrongNumberOfOutputsForOneInputIsAFailure(count: Int) async throws {
        let serving = try await Serving()
        try await serving.publish(1, key: "k")
        let predictor = ClosureBatchPredictor<Int, Int> { _ in Array(repeating: 0, count: count) }
        try await running(serving.runner(predictor)) {
            let error = try #require(try await serving.number(under: "k").failure)
            #expect(error.code == .predictionFailed)
            #expect(error.message.contains("\(count) outputs for 1 input"))
        }
    }

    @Test func requestsThatTheClientCannotTakeAreLaidToRestAndOthersServed() async throws {
        let serving = try await Serving()
        // More than a consumer holds at once: if one stayed, nothing would move.
        for number in 0..<10 { try await serving.publish(number, key: "bad\(number)") }
        try await serving.publish(7, key: "good")
        let transport = FaultyTransport(serving.server.transport())
        transport.change { $0.defective = Set((0..<10).map { "bad\($0)" }) }
        let runner = serving.runner(ClosurePredictor<Int, Int> { -$0 }, transport: transport) { $0.prefetch = 2 }
        try await running(runner) {
            try await serving.expect(.success(-7), under: "good")
            let error = try #require(try await serving.number(under: "bad0").failure)
            #expect(error.code == .malformedRequest)
            #expect(error.message == "the test spoiled it")
            #expect(!error.isRetryable)
            let letters = try await serving.deadLetters(10)
            #expect(letters.allSatisfy { $0.headers[MessageHeader.deadLetterReason] == .string("malformed_request") })
            #expect(letters.allSatisfy { $0.body.isEmpty && DeadLetter($0).isBodyOmitted }, "who replays them has to know")
        }
    }

    @Test func requestThatAConsumerWasLostOverRunsAlone() async throws {
        let serving = try await Serving()
        for number in 0..<2 { try await serving.publish(number, key: "k\(number)") }
        try await serving.deliverInVain(2)
        for number in 0..<2 { try await serving.mark(number, key: "k\(number)") }
        for number in 2..<5 { try await serving.publish(number, key: "k\(number)") }
        let batches = Recorded<[Int]>()
        let predictor = ClosureBatchPredictor<Int, Int> { inputs in
            batches.append(inputs)
            return inputs
        }
        try await running(serving.runner(predictor)) {
            for number in 0..<5 { try await serving.expect(.success(number), under: "k\(number)") }
            #expect(batches.all.contains([0]) && batches.all.contains([1]))
        }
    }

    @Test func inputThatCannotBeDecodedFailsAlone() async throws {
        let serving = try await Serving()
        let body = MessagePackCodec().join(list: [[1], try MessagePackCodec().encode("two")[...], [3]])
        try await serving.publish(
            Message(body: body, headers: [MessageHeader.resultKey: .string("k"), MessageHeader.items: .integer(3)]))
        try await running(serving.runner(ClosureBatchPredictor<Int, Int> { $0 })) {
            let record = try await serving.record(under: "k")
            #expect(record.outcomes[0] == .success([1]))
            #expect(record.outcomes[2] == .success([3]))
            let error = try #require(record.outcomes[1].failure)
            #expect(error.code == .invalidInput)
            #expect(error.message.contains("expected an integer"))
        }
    }

    @Test func outputThatCannotBeEncodedFailsAlone() async throws {
        let serving = try await Serving()
        let headers: MessageHeaders = [MessageHeader.resultKey: .string("k"), MessageHeader.items: .integer(2)]
        try await serving.publish(Message(body: [UInt8]("[0,4]".utf8), contentType: "application/json", headers: headers))
        try await running(serving.runner(ClosureBatchPredictor<Double, Double> { $0.map { 1 / $0 } })) {
            let record = try await serving.record(under: "k")
            let error = try #require(record.outcomes[0].failure)
            #expect(error.code == .predictionFailed)
            #expect(record.outcomes[1] == .success([UInt8]("0.25".utf8)[...]))
        }
    }

    @Test func plainPredictorsFailSingly() async throws {
        let serving = try await Serving()
        for number in 0..<6 { try await serving.publish(number, key: "k\(number)") }
        let predictor = ClosurePredictor<Int, Int> { number in
            if number == 3 { throw ServingError(code: .init(rawValue: "my_own"), message: "m", isRetryable: true) }
            return number
        }
        try await running(serving.runner(predictor)) {
            for number in 0..<6 where number != 3 { try await serving.expect(.success(number), under: "k\(number)") }
            try await serving.expect(.failure(ServingError(code: .init(rawValue: "my_own"), message: "m", isRetryable: true)), under: "k3")
        }
    }

    struct Malformed: Sendable, CustomTestStringConvertible {
        var body: [UInt8]
        var type: String?
        var items: HeaderValue?
        var code: ServingError.Code
        var testDescription: String { "\(code) \(body) \(type ?? "") \(String(describing: items))" }
    }

    @Test(arguments: [
        Malformed(body: [0xC1, 0xFF], code: .invalidInput),
        Malformed(body: [], code: .invalidInput),
        Malformed(body: [1, 2], code: .invalidInput),
        Malformed(body: [UInt8]("{".utf8), type: "application/json", code: .invalidInput),
        Malformed(body: [1], type: "application/x-unknown", code: .unsupportedContentType),
        Malformed(body: [0x92, 1, 2], items: .integer(3), code: .malformedRequest),
        Malformed(body: [0x92, 1, 2], items: .string("many"), code: .malformedRequest),
        Malformed(body: [0xDD, 0xFF, 0xFF, 0xFF, 0xFF], items: .integer(4_294_967_295), code: .malformedRequest),
    ])
    func malformedRequestIsAnsweredAndKept(malformed: Malformed) async throws {
        let serving = try await Serving()
        var message = Message(body: malformed.body, contentType: malformed.type, messageID: "m", timeToLive: .seconds(60))
        message.headers = [MessageHeader.resultKey: .string("k"), "own": .bool(true)]
        message.headers[MessageHeader.items] = malformed.items
        try await serving.publish(message)
        try await serving.publish(7, key: "next")
        try await running(serving.runner(ClosurePredictor<Int, Int> { $0 })) {
            let record = try await serving.record(under: "k")
            let error = try #require(record.outcomes.first?.failure)
            #expect(error.code == malformed.code)
            #expect(record.requestID == "m")
            let letter = try await serving.deadLetters(1)[0]
            #expect(letter.body == malformed.body)
            #expect(letter.contentType == malformed.type)
            #expect(letter.timeToLive == nil)
            #expect(letter.headers["own"] == .bool(true))
            #expect(letter.headers[MessageHeader.deadLetterReason] == .string(malformed.code.rawValue))
            #expect(letter.headers[MessageHeader.deadLetterMessage]?.string == error.message)
            #expect(letter.headers[MessageHeader.deadLetterQueue] == .string(serving.queue.name))
            try await serving.expect(.success(7), under: "next")
        }
    }

    @Test func expiredWorkNeverReachesThePredictor() async throws {
        let serving = try await Serving()
        let past = serving.server.executor.unixMilliseconds - 1
        try await serving.publish(1, key: "late", headers: [MessageHeader.deadline: .integer(past)])
        try await serving.publish(2, key: "next", headers: [MessageHeader.deadline: .integer(past + 3_600_000)])
        let seen = Recorded<Int>()
        let predictor = ClosurePredictor<Int, Int> { number in
            seen.append(number)
            return number
        }
        try await running(serving.runner(predictor)) {
            let error = try #require(try await serving.number(under: "late").failure)
            #expect(error.code == .expired)
            try await serving.expect(.success(2), under: "next")
            #expect(seen.all == [2])
        }
        #expect(try await serving.server.transport().broker.status(of: serving.queue.name + ".dead-letters").depth == 0)
    }

    @Test func workThatExpiresBehindABusyPredictorIsDropped() async throws {
        let serving = try await Serving()
        let (seen, gate) = (Recorded<Int>(), Gate())
        let predictor = ClosurePredictor<Int, Int> { number in
            seen.append(number)
            try await gate.wait()
            return number
        }
        let client = serving.client(of: (Int.self, Int.self))
        try await running(serving.runner(predictor) { $0.concurrency = 1 }) {
            async let first = client.predict(1, timeout: .seconds(60))
            await seen.wait()
            let error = await #expect(throws: ServingError.self) { try await client.predict(2, timeout: .milliseconds(500)) }
            #expect(error?.code == .expired)
            gate.open()
            let answers = try await (first, client.predict(3, timeout: .seconds(60)))
            #expect(answers == (1, 3))
            #expect(seen.all == [1, 3])
        }
        await client.shutdown()
    }
}
