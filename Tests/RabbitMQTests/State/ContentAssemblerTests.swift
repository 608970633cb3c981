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

    @Test func bodyBeyondTheLimitIsReadPastAndTheNextMessageIsWhole() throws {
        var assembler = ContentAssembler(limit: 4)
        try assembler.receive(Self.method)
        #expect(try assembler.receive(MessageProperties(messageID: "large"), bodySize: 5) == nil)
        #expect(try receive([1, 2, 3], &assembler) == nil)
        let large = try #require(try receive([4, 5], &assembler))
        #expect(large.body.isEmpty)
        #expect(large.properties.messageID == "large")
        #expect(large.defect?.description.contains("5 bytes") == true)
        try assembler.receive(Self.method)
        _ = try assembler.receive(MessageProperties(), bodySize: 4)
        let next = try #require(try receive([1, 2, 3, 4], &assembler))
        #expect(next.body == [1, 2, 3, 4])
        #expect(next.defect == nil)
    }

    @Test func bodyOfADefectiveHeaderIsReadPast() throws {
        var assembler = ContentAssembler(limit: 100)
        try assembler.receive(Self.method)
        let defect = DeliveryDefect("the headers cannot be read")
        #expect(try assembler.receive(MessageProperties(), bodySize: 2, defect) == nil)
        let content = try #require(try receive([1, 2], &assembler))
        #expect(content.body.isEmpty)
        #expect(content.defect == defect)
    }

    @Test func bodyThatNoBrokerCanMeanIsAViolation() throws {
        var assembler = ContentAssembler(limit: 100)
        try assembler.receive(Self.method)
        let error = #expect(throws: RabbitMQError.self) { _ = try assembler.receive(MessageProperties(), bodySize: .max) }
        #expect(error?.code == .protocolViolation)
    }
}
