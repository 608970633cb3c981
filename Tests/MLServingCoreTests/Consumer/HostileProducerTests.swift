import Compression
import MLServingTesting
import Testing

@testable import MLServingCore

/// Whoever may publish a request, and nothing else, against a consumer that serves others: what it makes up touches nothing of theirs.
@Suite("ConsumerRunner: hostile producers", .timeLimit(.minutes(5)))
struct HostileProducerTests {
    /// Messages of a producer that knows the names of everything, and means harm.
    private struct Hostile {
        var generator: SeededGenerator
        let queue: String

        private mutating func pick<Value>(_ values: [Value]) -> Value { values[Int.random(in: values.indices, using: &generator)] }
        private mutating func happens(_ percent: Int) -> Bool { Int.random(in: 0..<100, using: &generator) < percent }

        private mutating func name() -> String {
            pick(
                HostileProducerTests.canaryKeys(queue) + HostileProducerTests.absentKeys(queue) + HostileProducerTests.canaryQueues + [
                    "", "mlserving:", "mlserving:hostile", "amq.gen-nobody", "amq.rabbitmq.reply-to.", "\u{0}", "a\nb", "\u{1b}[2J", "*",
                    String(repeating: "x", count: 300), "2b4e1c1e-6f0a-4c0e-9a57-0d9f6a1b2c3d", queue, queue + ".suspects",
                ])
        }

        private mutating func value() -> HeaderValue {
            switch Int.random(in: 0..<8, using: &generator) {
            case 0: .integer(pick([.min, -1, 0, 1, .max, 1 << 62]))
            case 1: .double(pick([.nan, .infinity, -0.0, 1e300]))
            case 2: .bool(happens(50))
            case 3: .null
            case 4: .bytes([0xFF, 0])
            case 5: .array(Array(repeating: .table(["code": .string("x"), "time": .integer(.min)]), count: 100))
            case 6: .string(pick(["9223372036854775807", "-9223372036854775808", "1e400", "zstd", "application/json", "application/xml"]))
            default: .string(name())
            }
        }

        mutating func next() -> Message {
            let names = [
                MessageHeader.resultKey, MessageHeader.templateMessageID, MessageHeader.deadline, MessageHeader.accept, MessageHeader.items,
                MessageHeader.acceptEncoding, MessageHeader.coalesced, MessageHeader.attempt, MessageHeader.failures, MessageHeader.suspect,
                MessageHeader.parameters, MessageHeader.metadata, MessageHeader.resultTimeToLive, MessageHeader.deadLetterQueue,
                MessageHeader.deadLetterReason, MessageHeader.deadLetterTime, "x-death", "x-delivery-count", "traceparent",
            ]
            var headers: MessageHeaders = [:]
            for header in names where happens(25) { headers[header] = value() }
            if happens(50) { headers[MessageHeader.resultKey] = .string(name()) }
            var message = Message(
                body: pick([[], [7], [0xC1], [0x92, 1, 2], Array("[1,".utf8), Array(repeating: 0x91, count: 500)]), headers: headers)
            message.contentType = pick([nil, "application/msgpack", "application/json", "application/xml", name()])
            message.contentEncoding = pick([nil, nil, "zstd", "br", name()])
            if happens(50) { message.messageID = pick(["good-1", "good-2", name()]) }
            if happens(50) { message.correlationID = name() }
            if happens(30) { message.replyTo = name() }
            if happens(30) { message.timeToLive = pick([.zero, .milliseconds(1), .seconds(3_600), .milliseconds(Int64.max)]) }
            if happens(30) { message.timestamp = pick([0, .max, 1 << 63]) }
            if happens(20) { message.priority = pick([0, 255]) }
            return message
        }
    }

    /// What is another application's, or the consumers' own.
    private static func canaryKeys(_ queue: String) -> [String] {
        [
            "session:42", "payments:1", "mlserving:{3f2a}:marker-1", "mlserving-control:{\(queue)}:cache:00", "mlserving:cache:00",
            "celery-task-meta-1",
        ]
    }

    /// What must not come into being.
    private static func absentKeys(_ queue: String) -> [String] {
        let control = (1...5).flatMap { ControlKey.cancellations(of: "mlserving:good-\($0)", queue: queue) }
        return control + ["session:43", "mlserving:suspect:{\(queue)}:mlserving:good-1", "mlserving:{3f2a}:marker-2", "2b4e1c1e"]
    }

    private static let canaryQueues = ["payments", "payments.dead-letters"]

    @Test(arguments: 0..<8) func nothingOfOthersIsTouched(seed: UInt64) async throws {
        let serving = try await Serving()
        let (transport, queue) = (serving.server.transport(), serving.queue.name)
        for name in Self.canaryQueues { try await transport.broker.declare(QueueDefinition(name: name)) }
        let canaries = Self.canaryKeys(queue)
        _ = try await transport.store.put(canaries.map { StoreEntry(key: $0, value: [42], timeToLive: .seconds(3_600)) })
        var hostile = Hostile(generator: SeededGenerator(seed: seed), queue: queue)
        let messages = (0..<500).map { _ in hostile.next() }
        let client = serving.client()
        let predictor = ClosurePredictor<Int, Int> { -$0 }
        try await running(
            serving.runner(predictor) {
                $0.retries = .never
                $0.maximumHeldBytes = 1 << 20
            }
        ) {
            for round in 0..<25 {
                for message in messages[20 * round..<20 * round + 20] {
                    // Through the default exchange it reaches the queue of suspects as well.
                    let target = round % 5 == 4 ? queue + ".suspects" : queue
                    try await transport.broker.publish(message, to: Route(routingKey: target))
                }
                try await serving.publish(round, key: "good-\(seed)-\(round)")
                let answer = try await client.predict(round, timeout: .seconds(60))
                #expect(answer == -round)
            }
            for round in 0..<25 { try await serving.expect(.success(-round), under: "good-\(seed)-\(round)") }
            while try await transport.broker.status(of: queue).depth > 0 { await Task.yield() }
            let letters = DeadLetterQueue(queue + ".dead-letters", transport: transport)
            _ = try await letters.replay()
        }
        #expect(try await transport.store.get(canaries) == canaries.map { _ in [42] })
        #expect(try await transport.store.contains(Self.absentKeys(queue)) == Self.absentKeys(queue).map { _ in false })
        for name in Self.canaryQueues { #expect(try await transport.broker.status(of: name).depth == 0) }
        await client.shutdown()
    }
}
