import Pickle
import Testing

@testable import MLServingCore

@Suite("Content types of requests and answers", .timeLimit(.minutes(5)))
struct ConsumerContentTypeTests {
    private static let half = ClosurePredictor<Int, Double> { input in
        guard input >= 0 else { throw ServingError(code: .invalidInput, message: "it is negative") }
        return Double(input) / 2
    }

    /// Publishes a request under a key and returns what is stored there.
    private func answer(
        _ body: [UInt8], contentType: String?, headers: MessageHeaders = [:], predictor: some Predictor = Self.half
    ) async throws -> [UInt8] {
        let serving = try await Serving()
        let key = Serving.key("key")
        return try await running(serving.runner(predictor)) {
            let store = serving.server.transport().store
            return try await store.withNotifications(forKeysWithPrefix: key) { source in
                var headers = headers
                headers[MessageHeader.templateMessageID] = headers[MessageHeader.templateMessageID] ?? .string(key)
                try await serving.publish(Message(body: body, contentType: contentType, headers: headers))
                while true {
                    if let bytes = try await store.get([key]).first ?? nil { return bytes }
                    _ = try await source.next()
                }
            }
        }
    }

    @Test(arguments: [ContentType.messagePack, .json, .pickle, .pythonSerialize])
    func answerIsOfTheRequestsType(type: ContentType) async throws {
        let codec = try PayloadCodecs.standard.codec(for: type.rawValue)
        let record = try codec.decode(recordFrom: await answer(codec.encode(3), contentType: type.rawValue)[...])
        #expect(try codec.decode(Double.self, from: try #require(record.outcomes.first).get()) == 1.5)
    }

    @Test(arguments: [ContentType.messagePack, .json, .pickle], [ContentType.messagePack, .json, .pickle])
    func answerIsOfTheTypeAskedFor(type: ContentType, accepted: ContentType) async throws {
        let (codec, other) = (
            try PayloadCodecs.standard.codec(for: type.rawValue), try PayloadCodecs.standard.codec(for: accepted.rawValue)
        )
        let headers: MessageHeaders = [MessageHeader.accept: HeaderValue.string(accepted.rawValue)]
        let record = try other.decode(recordFrom: await answer(codec.encode(3), contentType: type.rawValue, headers: headers)[...])
        #expect(try other.decode(Double.self, from: try #require(record.outcomes.first).get()) == 1.5)
    }

    @Test func unknownTypeIsAnErrorThatNamesTheKnownOnes() async throws {
        let record = try MessagePackCodec().decode(recordFrom: await answer([1], contentType: "application/xml")[...])
        let error = try #require(record.outcomes.first?.failure)
        #expect(error.code == .unsupportedContentType)
        #expect(error.message.contains("application/xml") && error.message.contains("application/x-python-pickle"))
    }

    @Test(arguments: [HeaderValue.string("application/xml"), .integer(7)])
    func unknownTypeOfAnswerIsAnErrorInTheRequestsType(accepted: HeaderValue) async throws {
        let bytes = try await answer([UInt8]("3".utf8), contentType: "application/json", headers: [MessageHeader.accept: accepted])
        let error = try #require(try JSONCodec().decode(recordFrom: bytes[...]).outcomes.first?.failure)
        #expect(error.code == .unsupportedContentType)
        #expect(error.message.contains("x-accept"))
    }

    @Test func pickleWithoutTypeIsAnsweredByTheBareOutput() async throws {
        for body in [try PickleCodec().encode(3), [UInt8]("I3\n.".utf8), [0x80, 2, 0x4B, 3, 0x2E]] {
            #expect(try PickleReader().read(await answer(body, contentType: nil)) == .float(1.5))
        }
    }

    @Test func pickleWithoutTypeThatFailsIsAnsweredByABareError() async throws {
        struct Failure: Decodable {
            struct Member: Decodable {
                var code: String
                var message: String
                var retryable: Bool
            }
            var error: Member
        }
        let answer = try await answer(try PickleCodec().encode(-3), contentType: nil)
        let failure = try PickleDecoder().decode(Failure.self, from: answer)
        #expect(failure.error.code == "invalid_input")
        #expect(failure.error.message == "it is negative")
        #expect(!failure.error.retryable)
    }

    @Test func pickleThatWouldRunCodeIsRefusedByName() async throws {
        let answer = try await answer([UInt8]("cos\nsystem\n(S'true'\ntR.".utf8), contentType: "application/x-python-pickle")
        let error = try #require(try PickleCodec().decode(recordFrom: answer[...]).outcomes.first?.failure)
        #expect(error.code == .invalidInput)
        #expect(error.message.contains("os.system"))
    }

    @Test func smallPickleThatStandsForMuchIsRefused() async throws {
        // A text of 100 kB, named 10,000 times: a gigabyte to whoever writes it out again.
        var body: [UInt8] = [0x80, 4, 0x5D, 0x28, 0x58] + withUnsafeBytes(of: UInt32(100_000).littleEndian) { Array($0) }
        body += [UInt8](repeating: 0x61, count: 100_000) + [0x94] + (0..<10_000).flatMap { _ in [0x68, 0] as [UInt8] } + [0x65, 0x2E]
        let error = #expect(throws: PickleError.self) { try PickleCodec().split(list: body[...]) }
        #expect(error?.code == .limitExceeded)
    }

    @Test func messagePackWithoutTypeIsAnsweredByARecord() async throws {
        let record = try MessagePackCodec().decode(recordFrom: await answer([3], contentType: nil)[...])
        #expect(try record.outcomes.first?.get() == [0xCB, 0x3F, 0xF8, 0, 0, 0, 0, 0, 0])
    }

    @Test(arguments: [ContentType.messagePack, .json, .pickle], [nil, ContentType.messagePack, .json, .pickle])
    func clientSpeaksEachType(type: ContentType, accepted: ContentType?) async throws {
        let serving = try await Serving()
        let client = serving.client(of: (Int.self, Double.self)) {
            $0.codec = (try? PayloadCodecs.standard.codec(for: type.rawValue)) ?? MessagePackCodec()
            $0.replyContentType = accepted
        }
        try await running(serving.runner(Self.half)) {
            #expect(try await client.predict(5) == 2.5)
            let outcomes = try await client.predict(batch: [1, -1, 3])
            #expect(try outcomes[0].get() == 0.5 && outcomes[2].get() == 1.5)
            #expect(outcomes[1].failure?.code == .invalidInput)
        }
        await client.shutdown()
    }
}
