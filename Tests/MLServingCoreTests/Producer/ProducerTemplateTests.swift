import Testing

@testable import MLServingCore

@Suite("A client in the template's dialect", .timeLimit(.minutes(5)))
struct ProducerTemplateTests {
    private let half = ClosurePredictor<Int, Double> { input in
        guard input >= 0 else { throw ServingError(code: .invalidInput, message: "it is negative") }
        return Double(input) / 2
    }

    @Test(arguments: [Serving.Mode.store, .queue])
    func isServedByConsumersOfOurs(mode: Serving.Mode) async throws {
        let serving = try await Serving()
        let client = serving.client(mode, of: (Int.self, Double.self)) { $0.dialect = .template }
        try await running(serving.runner(half)) {
            #expect(try await client.predict(3) == 1.5)
            let error = await #expect(throws: ServingError.self) { try await client.predict(-1) }
            #expect(error == ServingError(code: .invalidInput, message: "it is negative"))
            let outcomes = try await client.predict(batch: [4, -1])
            #expect(try outcomes[0].get() == 2)
            #expect(outcomes[1].failure?.code == .invalidInput)
        }
        await client.shutdown()
    }

    @Test func optionsThatItCannotCarryAreRefused() async throws {
        let serving = try await Serving()
        let client = serving.client(of: (Int.self, Double.self)) { $0.dialect = .template }
        let error = await #expect(throws: ServingError.self) {
            _ = try await client.predict(3, options: RequestOptions(metadata: ["tenant": "blue"]))
        }
        #expect(error?.code == .malformedRequest)
        await client.shutdown()
    }

    @Test func requestsLookLikeTheTemplates() async throws {
        for mode in [Serving.Mode.store, .queue] {
            let serving = try await Serving()
            let client = serving.client(mode, of: (Int.self, Double.self)) { $0.dialect = .template }
            let call = Task { try await client.predict(3) }
            let source = try await serving.server.transport().broker.consume(serving.queue.name, prefetch: 1)
            let message = try #require(try await source.next().first?.message)
            #expect(message.contentType == nil && message.messageID == nil)
            #expect(message.timeToLive == .seconds(60))
            #expect(message.body == (try PickleCodec().encode(3)))
            let name = mode == .store ? message.headers[MessageHeader.templateMessageID]?.string : message.correlationID
            #expect(name?.wholeMatch(of: /[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-a[0-9a-f]{3}-[0-9a-f]{12}/) != nil)
            #expect(message.headers.count == (mode == .store ? 1 : 0))
            #expect((message.replyTo != nil) == (mode == .queue))
            call.cancel()
            _ = await call.result
            await client.shutdown()
        }
    }

    @Test func outputsThatResembleErrorsAreOutputs() throws {
        let outputs: [[String: [String: String]]] = [
            ["error": ["code": "a"]], ["error": ["code": "a", "message": "b"]], ["error": ["code": "a", "message": "b"], "more": [:]],
        ]
        for output in outputs {
            let answer = Answer(bare: try PickleCodec().encode(output))
            #expect(try answer.decode(answer.record.outcomes[0], as: [String: [String: String]].self) == output)
        }
    }

    @Test func namesOfOneClientBeginAlike() {
        let naming = RequestNaming(uuidsUsing: SystemRandomNumberGenerator())
        let names = (0..<1_000).map { _ in naming.next() }
        #expect(Set(names.map(\.id)).count == 1_000)
        #expect(names.allSatisfy { $0.id == $0.key && $0.key.hasPrefix(naming.keyPrefix) && $0.key.utf8.count == 36 })
        #expect(naming.keyPrefix != RequestNaming(uuidsUsing: SystemRandomNumberGenerator()).keyPrefix)
    }
}
