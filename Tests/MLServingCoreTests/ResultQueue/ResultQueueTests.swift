import Pickle
import Testing

@testable import MLServingCore

@Suite("ResultQueue", .timeLimit(.minutes(5)))
struct ResultQueueTests {
    @Test(arguments: [
        "mlserving:{3f2a}:3f2a-1", "2b4e1c1e-6f0a-4c0e-9a57-0d9f6a1b2c3d", "2B4E1C1E-6F0A-4C0E-9A57-0D9F6A1B2C3D",
        RequestNaming(uuidsUsing: SystemRandomNumberGenerator()).next().key,
    ])
    func servesKeysOfResults(key: String) {
        #expect(ResultQueue().mayServe(key))
    }

    @Test(arguments: [
        "", "session:42", "mlserving:suspect:{task_queue}:1:1", "mlserving", "mlserving:{a}:\u{0}", "2b4e1c1e-6f0a-4c0e-9a57-0d9f6a1b2c3",
        "2b4e1c1e-6f0a-4c0e-9a57-0d9f6a1b2c3g", "2b4e1c1e+6f0a-4c0e-9a57-0d9f6a1b2c3d", "{2b4e1c1e-6f0a-4c0e-9a57-0d9f6a1b2c}",
    ])
    func servesNothingElse(key: String) {
        #expect(!ResultQueue().mayServe(key))
    }

    /// Puts values into the store and asks for them; the answers, in the order of the questions.
    private func ask(_ questions: [Message], stored: [String: [UInt8]]) async throws -> (answers: [Message], left: Set<String>) {
        let serving = try await Serving()
        let results = ResultQueue(name: serving.queue.name + ".results")
        let transport = serving.server.transport()
        _ = try await transport.store.put(stored.map { StoreEntry(key: $0, value: $1, timeToLive: .seconds(60)) })
        try await transport.broker.declare(QueueDefinition(name: results.name, maximumLength: 100_000))
        let runner = serving.runner(ClosurePredictor<Int, Int> { $0 }) { $0.resultQueue = results }
        let answers = try await running(runner) {
            let channel = try await transport.broker.openReplyChannel()
            var answers: [Message] = []
            for question in questions {
                channel.publish(question, to: Route(routingKey: results.name)) { _ in }
                answers += try await channel.next().messages
            }
            return answers
        }
        let keys = Array(stored.keys)
        let isThere = try await transport.store.contains(keys)
        return (answers, Set(zip(keys, isThere).compactMap { $1 ? $0 : nil }))
    }

    private let key = "2b4e1c1e-6f0a-4c0e-9a57-0d9f6a1b2c3d"

    @Test func resultIsHandedOverOnceToTheTemplatesClients() async throws {
        let question = Message(body: [], correlationID: key)
        let value = try PickleCodec().encode([1, 2])
        let (answers, left) = try await ask([question, question], stored: [key: value])
        #expect(answers.map(\.correlationID) == [key, key])
        #expect(answers[0].body == value)
        #expect(try PickleReader().read(answers[1].body) == PickleValue.none)
        #expect(left.isEmpty)
    }

    @Test func resultStaysForClientsThatNameAType() async throws {
        let question = Message(body: [], contentType: "application/json", correlationID: key)
        let (answers, left) = try await ask([question, question], stored: [key: [1, 2, 3]])
        #expect(answers.map(\.body) == [[1, 2, 3], [1, 2, 3]])
        #expect(left == [key])
    }

    @Test func nothingIsInTheTypeOfTheQuestion() async throws {
        let questions = ["application/json", "application/msgpack", nil].map { Message(body: [], contentType: $0, correlationID: key) }
        let bodies = try await ask(questions, stored: [:]).answers.map(\.body)
        #expect(bodies == [[UInt8]("null".utf8), [0xC0], try PickleCodec().encode(Int?.none)])
    }

    @Test func whatIsNoResultIsNotHandedOver() async throws {
        let (answers, left) = try await ask([Message(body: [], correlationID: "session:42")], stored: ["session:42": [1]])
        #expect(try PickleReader().read(answers[0].body) == PickleValue.none)
        #expect(left == ["session:42"])
    }
}
