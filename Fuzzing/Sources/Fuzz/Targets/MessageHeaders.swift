internal import CRabbitMQ
internal import Dispatch

@testable internal import EventLoop
@testable internal import MLServing
@testable internal import MLServingCore
@testable internal import RabbitMQ

extension FuzzTarget {
    /// A request's properties and headers, from the bytes of an AMQP header frame to what the consumer makes of them and back.
    static let messageHeaders = FuzzTarget("message-headers") { bytes in
        var input = FuzzInput(bytes)
        let encoded = input.bytes()
        let body = input.remaining()
        guard let properties = decoding(encoded.count, factor: 1_024, { try decodeProperties(encoded) }) else { return }
        checkRequest(MLServingCore.Delivery(delivery(properties, body)), canBeSent: checkRoundTrip(properties))
    }

    private struct Undecodable: Error {}

    private static func decodeProperties(_ bytes: [UInt8]) throws -> MessageProperties {
        var pool = amqp_pool_t()
        init_amqp_pool(&pool, 4_096)
        defer { empty_amqp_pool(&pool) }
        var bytes = bytes
        return try bytes.withUnsafeMutableBytes { buffer in
            var decoded: UnsafeMutableRawPointer?
            let encoded = amqp_bytes_t(len: buffer.count, bytes: buffer.baseAddress)
            guard amqp_decode_properties(UInt16(AMQP_BASIC_CLASS), &pool, encoded, &decoded) >= 0, let decoded else { throw Undecodable() }
            return MessageProperties(decoded.assumingMemoryBound(to: amqp_basic_properties_t.self).pointee)
        }
    }

    private static func encode(_ properties: MessageProperties) throws -> [UInt8] {
        let arena = Arena()
        var raw = try properties.makeRaw(in: arena)
        var bytes = [UInt8](repeating: 0, count: arena.encodedSize + 128)
        let count = bytes.withUnsafeMutableBytes { buffer in
            amqp_encode_properties(UInt16(AMQP_BASIC_CLASS), &raw, amqp_bytes_t(len: buffer.count, bytes: buffer.baseAddress))
        }
        expect(count >= 0, "properties exceed the size that was reckoned for them: \(count)")
        return Array(bytes.prefix(Int(count)))
    }

    /// - Returns: Whether properties that were received can be sent.
    private static func checkRoundTrip(_ properties: MessageProperties) -> Bool {
        // Invalid UTF-8 is replaced, which can make a text too long for AMQP; and its limits are not those of the library.
        guard let encoded = try? encode(properties) else { return false }
        let again = expectSuccess("properties of our own cannot be decoded") { try decodeProperties(encoded) }
        expect(expectSuccess("encoding twice") { try encode(again) } == encoded, "properties changed on their way")
        return true
    }

    private static func delivery(_ properties: MessageProperties, _ body: [UInt8]) -> RabbitMQ.Delivery {
        RabbitMQ.Delivery(
            tag: .init(generation: 1, number: 1), isRedelivered: false, exchange: "", routingKey: "queue", properties: properties,
            body: body)
    }

    private static let clock = FixedClock()

    private static func checkRequest(_ delivery: MLServingCore.Delivery, canBeSent: Bool) {
        let message = delivery.message
        let encoding = RequestEncoding(message, codecs: .standard)
        let destination = try? AnswerPolicy().destination(of: message)
        if let destination, let named = ResultDestination(namedBy: message) { expect(destination == named, "the answer goes elsewhere") }
        if let key = destination?.key { expect(!ControlKey.isReserved(key), "a result under a control key") }
        let request = ActiveRequest(
            key: 1, delivery: delivery, from: .requests, destination: destination, encoding: encoding, executor: clock)
        _ = request.isExpired(at: clock.now)
        _ = HeaderPropagation.context(from: message.headers)
        if let inbound = decoding(message.body.count, factor: 256, { try InboundRequest(message, encoding: encoding) }) {
            expect(inbound.inputs.count <= max(1, message.body.count), "more inputs than bytes")
            request.begin(inbound)
        }
        let error = ServingError(code: .malformedRequest, message: "fuzzed")
        request.fail(with: error)
        checkAnswer(request)

        let letter = request.deadLetter(because: error, from: "queue", unixMilliseconds: clock.unixMilliseconds)
        let suspect = request.suspect(named: "name", at: clock.now)
        for copy in [letter, suspect, request.retry(after: .seconds(1), because: error, unixMilliseconds: 0)] {
            expect(copy.body == message.body, "a copy is not the original")
            guard canBeSent else { continue }
            _ = expectSuccess("a copy cannot be sent") { try encode(RabbitMQ.Message(copy).properties) }
        }
        if let key = message.headers[MessageHeader.resultKey]?.string, let ticket = Ticket(key) {
            expect(Ticket(ticket.description) == ticket, "a ticket is not its text")
        }
    }

    private static func checkAnswer(_ request: ActiveRequest) {
        let uncompressed = PayloadCompression(minimumByteCount: .max)
        switch request.destination {
        case .store(let key)?:
            let entry = request.storeEntry(timeToLive: .seconds(60), compression: uncompressed, unixMilliseconds: 0)
            expect(entry?.key == key, "the result goes elsewhere")
        case .reply(let queue, let correlationID)?:
            expect(!queue.isEmpty, "a reply without a queue")
            let reply = request.reply(correlationID: correlationID, compression: uncompressed, unixMilliseconds: 0)
            if request.encoding.isBare {
                return expectSuccess("the bare answer is no value") { try request.encoding.output.check(value: reply.body[...]) }
            }
            let record = expectSuccess("the answer to a request is no record") {
                try request.encoding.output.decode(recordFrom: reply.body[...])
            }
            expect(record.requestID == request.id, "the answer is another request's")
        case nil: break
        }
    }
}

/// A time that stands still, on an executor that runs nothing.
private final class FixedClock: TimedExecutor {
    let now = ContinuousClock.now
    let unixMilliseconds: Int64 = 1_800_000_000_000

    func enqueue(_ job: consuming ExecutorJob) { fatalError("nothing runs here") }
    func execute(_ body: @escaping @Sendable () -> Void) { fatalError("nothing runs here") }
    func schedule(at deadline: ContinuousClock.Instant, handler: @escaping @Sendable () -> Void) -> LoopTimer {
        fatalError("nothing runs here")
    }
    func atEndOfTurn(_ handler: @escaping @Sendable () -> Void) { fatalError("nothing runs here") }
    func randomBits() -> UInt64 { 4 }
    var unisolated: any TaskExecutor { fatalError("nothing runs here") }
    func makeThreads(count: Int, name: String) -> any TaskExecutor { fatalError("nothing runs here") }
}
