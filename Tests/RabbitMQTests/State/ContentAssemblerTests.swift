import Testing

@testable import RabbitMQ

@Suite("ContentAssembler")
struct ContentAssemblerTests {
    private static let method = ContentMethod.deliver(number: 1, isRedelivered: false, exchange: "", routingKey: "q")

    private func receive(_ bytes: [UInt8], _ assembler: inout ContentAssembler) throws(RabbitMQError) -> Content? {
        try bytes.withUnsafeBytes { raw in Result { () throws(RabbitMQError) in try assembler.receive(raw) } }.get()
    }

    @Test func bodyInPiecesIsPutTogether() throws {
        var assembler = ContentAssembler(limit: 100)
        for _ in 0..<2 {
            try assembler.receive(Self.method)
            #expect(try assembler.receive(MessageProperties(messageID: "m"), bodySize: 5) == nil)
            #expect(try receive([1, 2], &assembler) == nil)
            #expect(try receive([3], &assembler) == nil)
            let content = try #require(try receive([4, 5], &assembler))
            #expect(content.body == [1, 2, 3, 4, 5])
            #expect(content.method == Self.method)
            #expect(content.properties.messageID == "m")
        }
    }

    @Test func messageWithoutBodyIsCompleteWithItsHeader() throws {
        var assembler = ContentAssembler(limit: 100)
        try assembler.receive(Self.method)
        #expect(try assembler.receive(MessageProperties(), bodySize: 0)?.body == [])
        try assembler.receive(Self.method)
    }

    @Test func framesOutOfOrderAreViolations() throws {
        var assembler = ContentAssembler(limit: 100)
        #expect(throws: RabbitMQError.self) { _ = try assembler.receive(MessageProperties(), bodySize: 1) }
        #expect(throws: RabbitMQError.self) { _ = try receive([1], &assembler) }
        try assembler.receive(Self.method)
        #expect(throws: RabbitMQError.self) { try assembler.receive(Self.method) }
        #expect(throws: RabbitMQError.self) { _ = try receive([1], &assembler) }
        _ = try assembler.receive(MessageProperties(), bodySize: 2)
        #expect(throws: RabbitMQError.self) { _ = try assembler.receive(MessageProperties(), bodySize: 2) }
        #expect(throws: RabbitMQError.self) { _ = try receive([1, 2, 3], &assembler) }
    }

    @Test(arguments: [101, UInt64.max]) func bodyBeyondTheLimitIsRefusedByItsHeader(_ size: UInt64) throws {
        var assembler = ContentAssembler(limit: 100)
        try assembler.receive(Self.method)
        let error = #expect(throws: RabbitMQError.self) { _ = try assembler.receive(MessageProperties(), bodySize: size) }
        #expect(error?.code == .protocolViolation)
        #expect(error?.message.contains("\(size)") == true)
    }
}
