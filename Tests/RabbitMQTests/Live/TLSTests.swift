import RabbitMQ
import Testing

@Suite("TLS", .enabled(if: TestBroker.encryptedConfiguration != nil), .timeLimit(.minutes(1)))
struct TLSTests {
    @Test func messagesOfAnySizeCrossAnEncryptedConnection() async throws {
        let configuration = try #require(TestBroker.encryptedConfiguration)
        try await TestBroker.withQueue(QueueDeclaration(name: TestBroker.makeName("tls")), configuration) { connection, queue in
            let consumer = try await connection.consume(queue, prefetch: 10)
            for length in [0, 1, 16_384, 131_064, 3 << 20] {
                let body = (0..<length).map { UInt8(truncatingIfNeeded: $0 ^ $0 >> 8) }
                try await connection.publish(Message(body: body), routingKey: queue)
                let delivery = try #require(try await consumer.take(1).first)
                #expect(delivery.body == body)
                await consumer.acknowledge(delivery.tag)
            }
        }
    }

    @Test func manyPublishesAtOnceAreAllConfirmed() async throws {
        let configuration = try #require(TestBroker.encryptedConfiguration)
        try await TestBroker.withQueue(QueueDeclaration(name: TestBroker.makeName("tls")), configuration) { connection, queue in
            try await withThrowingTaskGroup(of: Void.self) { group in
                for _ in 0..<200 {
                    group.addTask { try await connection.publish(Message(body: [UInt8](repeating: 1, count: 50_000)), routingKey: queue) }
                }
                try await group.waitForAll()
            }
            #expect(try await connection.purgeQueue(named: queue) == 200)
        }
    }

    @Test(arguments: ["/etc/ssl/certs/ca-certificates.crt", "/no/such/file"])
    func brokerOfAnUnknownAuthorityIsNotTrusted(_ file: String) async throws {
        var configuration = try #require(TestBroker.encryptedConfiguration)
        configuration.tls?.certificateAuthorityFile = file
        try await expectFailure(configuration)
    }

    @Test func certificateForAnotherNameIsNotTrusted() async throws {
        var configuration = try #require(TestBroker.encryptedConfiguration)
        configuration.nodes[0].host = "127.0.0.1"
        try await expectFailure(configuration)
    }

    private func expectFailure(_ configuration: RabbitMQConfiguration) async throws {
        try await TestBroker.withConnection(configuration) { connection in
            let error = await #expect(throws: RabbitMQError.self) {
                try await connection.waitUntilConnected(deadline: .now + .seconds(2))
            }
            #expect(error?.code == .timedOut)
            let reason = try #require(error?.message)
            #expect(["SSL", "certificate", "hostname"].contains { reason.contains($0) }, "\(reason)")
        }
    }
}
