import RabbitMQ
import Testing

@Suite("Message", .enabled(if: TestBroker.isAvailable), .timeLimit(.minutes(5)))
struct MessageTests {
    private func roundTrip(_ message: Message) async throws -> Delivery {
        try await TestBroker.withQueue { connection, queue in
            let consumer = try await connection.consume(queue, prefetch: 1)
            try await connection.publish(message, routingKey: queue)
            return try #require(try await consumer.take(1).first)
        }
    }

    @Test func everyPropertySurvives() async throws {
        let properties = MessageProperties(
            contentType: "application/msgpack", contentEncoding: "gzip", deliveryMode: .persistent, priority: 3, correlationID: "c-1",
            replyTo: "replies", expiration: "60000", messageID: "m-1", timestamp: 1_700_000_000, type: "request", userID: "guest",
            appID: "tests")
        #expect(try await roundTrip(Message(body: [1], properties: properties)).properties == properties)
    }

    @Test func everyTypeOfHeaderSurvives() async throws {
        let headers: FieldTable = [
            "boolean": true, "int8": .int8(-8), "uint8": .uint8(200), "int16": .int16(-300), "uint16": .uint16(60_000),
            "int32": .int32(-70_000), "uint32": .uint32(4_000_000_000), "int64": .int64(.min), "float": .float(1.5),
            "double": .double(-2.25),
            "decimal": .decimal(scale: 2, value: 314), "string": "grüße", "bytes": .bytes([0, 255]), "timestamp": .timestamp(1_700_000_000),
            "void": .void, "empty": .table([:]), "nothing": .array([]),
            "array": .array([1, "two", .array([.boolean(false)]), .table(["deep": .void])]),
            "table": .table(["inner": .table(["innermost": .int8(1)])]),
        ]
        let delivery = try await roundTrip(Message(body: [], properties: .init(headers: headers)))
        for entry in headers { #expect(delivery.properties.headers[entry.name] == entry.value) }
        #expect(delivery.properties.headers.count == headers.count)
    }

    /// One byte either side of where a body needs another frame, where the C library is said to stall, and far beyond.
    @Test(arguments: [0, 1, 131_063, 131_064, 131_065, 2 * 131_064, 5 << 20])
    func bodyOfAnyLengthSurvives(_ length: Int) async throws {
        let body = (0..<length).map { UInt8(truncatingIfNeeded: $0 &* 31 ^ $0 >> 8) }
        #expect(try await roundTrip(Message(body: body)).body == body)
    }

    @Test func deepestTableSurvives() async throws {
        var value: FieldValue = 1
        for _ in 1..<FieldValue.maximumDepth { value = .table(["next": value]) }
        #expect(try await roundTrip(Message(body: [], properties: .init(headers: ["first": value]))).properties.headers["first"] == value)
    }
}
