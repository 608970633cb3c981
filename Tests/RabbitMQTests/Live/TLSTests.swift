import EventLoop
import MLServingTesting
import RabbitMQ
import TLS
import Testing

@Suite("RabbitMQ over TLS", .enabled(if: EncryptedBroker.isAvailable), .timeLimit(.minutes(5)))
struct TLSTests {
    @Test func messagesOfAnySizeCrossAnEncryptedConnection() async throws {
        try await TestBroker.withQueue(QueueDeclaration(name: TestBroker.makeName("tls")), EncryptedBroker.configuration()) {
            connection, queue in
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
        try await TestBroker.withQueue(QueueDeclaration(name: TestBroker.makeName("tls")), EncryptedBroker.configuration()) {
            connection, queue in
            try await withThrowingTaskGroup(of: Void.self) { group in
                for _ in 0..<200 {
                    group.addTask { try await connection.publish(Message(body: [UInt8](repeating: 1, count: 50_000)), routingKey: queue) }
                }
                try await group.waitForAll()
            }
            #expect(try await connection.purgeQueue(named: queue) == 200)
        }
    }

    @Test func largeMessagesCrossBothWaysAtOnce() async throws {
        try await TestBroker.withQueue(QueueDeclaration(name: TestBroker.makeName("tls")), EncryptedBroker.configuration()) {
            connection, queue in
            let piece = (0..<65_537).map { UInt8(truncatingIfNeeded: $0 ^ $0 >> 8) }
            var body: [UInt8] = []
            for _ in 0..<80 { body += piece }
            let message = Message(body: body)
            let consumer = try await connection.consume(queue, prefetch: 2)
            try await withThrowingTaskGroup(of: Void.self) { group in
                for _ in 0..<8 { group.addTask { try await connection.publish(message, routingKey: queue) } }
                var count = 0
                while count < 8 {
                    let deliveries = try await consumer.next()
                    try #require(!deliveries.isEmpty)
                    #expect(deliveries.allSatisfy { $0.body == message.body })
                    await consumer.acknowledge(deliveries.map(\.tag))
                    count += deliveries.count
                }
                try await group.waitForAll()
            }
            #expect(await connection.statistics.connectCount == 1)
        }
    }

    @Test func burstOfMoreFramesThanOneTurnTakesArrivesWhole() async throws {
        try await TestBroker.withQueue(QueueDeclaration(name: TestBroker.makeName("tls")), EncryptedBroker.configuration()) {
            connection, queue in
            let count: UInt64 = 6_000
            try await withThrowingTaskGroup(of: Void.self) { group in
                for number in 0..<count {
                    let properties = MessageProperties(timestamp: number)
                    group.addTask { try await connection.publish(Message(body: [1, 2, 3], properties: properties), routingKey: queue) }
                }
                try await group.waitForAll()
            }
            let consumer = try await connection.consume(queue, prefetch: Int(count))
            let deliveries = try await consumer.take(Int(count))
            #expect(Set(deliveries.compactMap(\.properties.timestamp)) == Set(0..<count))
            #expect(deliveries.allSatisfy { $0.body == [1, 2, 3] })
            #expect(await connection.statistics.connectCount == 1)
        }
    }

    /// What the C library refuses: a header beyond the frames that were agreed on, which a broker passes on as it came.
    @Test func headersThatCannotBeDecodedArriveAsADefectAndTheConnectionStays() async throws {
        var configuration = EncryptedBroker.configuration()
        configuration.frameMaximum = 4_096
        try await TestBroker.withConnection { [configuration] publisher in
            try await TestBroker.withQueue(QueueDeclaration(name: TestBroker.makeName("tls")), configuration) { connection, queue in
                let large = MessageProperties(headers: ["large": .string(String(repeating: "x", count: 60_000))], messageID: "large")
                for _ in 0..<10 { try await publisher.publish(Message(body: [8, 9], properties: large), routingKey: queue) }
                try await publisher.publish(Message(body: [1]), routingKey: queue)
                let consumer = try await connection.consume(queue, prefetch: 30)
                let deliveries = try await consumer.take(11)
                for delivery in deliveries.dropLast() {
                    #expect(delivery.defect != nil)
                    #expect(delivery.properties.messageID == "large")
                    #expect(delivery.body.isEmpty)
                }
                #expect(deliveries.last?.defect == nil)
                #expect(deliveries.last?.body == [1])
                await consumer.acknowledge(deliveries.map(\.tag))
                #expect(await connection.statistics.connectCount == 1)
            }
        }
    }

    @Test func brokenConnectionIsReplaced() async throws {
        var configuration = EncryptedBroker.configuration()
        let proxy = try FaultProxy(to: configuration.nodes[0])
        defer { proxy.close() }
        configuration.nodes = [proxy.node]
        configuration.tls?.serverName = "localhost"
        try await TestBroker.withQueue(QueueDeclaration(name: TestBroker.makeName("tls")), configuration) { connection, queue in
            let consumer = try await connection.consume(queue, prefetch: 10)
            proxy.cut()
            while (try? await connection.publish(Message(body: [1]), routingKey: queue)) == nil {}
            let delivery = try #require(try await consumer.take(1).first)
            #expect(delivery.body == [1])
            await consumer.acknowledge(delivery.tag)
        }
    }

    // MARK: The broker's certificate

    @Test(arguments: ["strangers", nil])
    func brokerOfAnUnknownAuthorityIsNotTrusted(_ authority: String?) async throws {
        var configuration = EncryptedBroker.configuration()
        configuration.tls?.authorityFile = authority.map(EncryptedBroker.path)
        try await expectFailure(configuration, "no trusted authority")
    }

    @Test func authoritiesThatCannotBeReadAreNamed() async throws {
        var configuration = EncryptedBroker.configuration()
        configuration.tls?.authorityFile = "/no/such/file"
        try await expectFailure(configuration, "/no/such/file")
    }

    @Test func certificateOfANameIsForThatNameAlone() async throws {
        var configuration = EncryptedBroker.configuration()
        configuration.nodes[0].host = "127.0.0.1"
        try await expectFailure(configuration, "is not for 127.0.0.1")
        configuration.tls?.serverName = "localhost"
        try await expectLogin(configuration)
        configuration.tls?.serverName = "elsewhere.example"
        try await expectFailure(configuration, "is not for elsewhere.example")
    }

    // The listener that demands client certificates has one for its address.
    @Test func certificateOfAnAddressIsForThatAddressAlone() async throws {
        var configuration = EncryptedBroker.configuration(EncryptedBroker.mutualNode, certificate: "client")
        try await expectLogin(configuration)
        configuration.nodes[0].host = "localhost"
        try await expectFailure(configuration, "is not for localhost")
    }

    @Test func expiredCertificateIsNotTrusted() async throws {
        try await expectFailure(EncryptedBroker.configuration(EncryptedBroker.expiredNode), "has expired")
    }

    @Test func nodeThatIsTrustedIsFoundAmongOthers() async throws {
        var configuration = EncryptedBroker.configuration(EncryptedBroker.expiredNode)
        configuration.nodes += [EncryptedBroker.node].compactMap(\.self)
        try await expectLogin(configuration)
    }

    @Test func verificationCanBeLessThanFull() async throws {
        var configuration = EncryptedBroker.configuration()
        configuration.nodes[0].host = "127.0.0.1"
        configuration.tls?.verification = .authority
        try await expectLogin(configuration)
        configuration.tls?.authorityFile = EncryptedBroker.path("strangers")
        try await expectFailure(configuration, "no trusted authority")
        configuration.tls?.verification = .none
        try await expectLogin(configuration)
    }

    @Test func listenerWithoutTLSIsNamed() async throws {
        var configuration = EncryptedBroker.configuration()
        configuration.nodes = [TestBroker.node].compactMap(\.self)
        try await expectFailure(configuration, "does not speak TLS")
    }

    // MARK: The client's certificate

    @Test func missingClientCertificateIsNamed() async throws {
        try await expectFailure(EncryptedBroker.configuration(EncryptedBroker.mutualNode), "demands a client certificate")
    }

    @Test func clientCertificateOfAStrangerIsRefused() async throws {
        let configuration = EncryptedBroker.configuration(EncryptedBroker.mutualNode, certificate: "stranger")
        try await expectFailure(configuration, "does not accept the client certificate")
    }

    @Test func keyThatDoesNotBelongToTheCertificateIsNamed() async throws {
        let configuration = EncryptedBroker.configuration(EncryptedBroker.mutualNode, certificate: "client", key: "server-key")
        try await expectFailure(configuration, "server-key.pem")
    }

    @Test func certificateLogsInWithoutAPassword() async throws {
        var configuration = EncryptedBroker.configuration(certificate: "client", key: "client-key-encrypted", keyPassword: "secret")
        configuration.credentials = .external()
        try await TestBroker.withQueue(QueueDeclaration(name: TestBroker.makeName("external")), configuration) { connection, queue in
            try await connection.publish(Message(body: [1]), routingKey: queue)
            #expect(try await connection.purgeQueue(named: queue) == 1)
        }
    }

    @Test func userOfTheCertificateHasNoPassword() async throws {
        var configuration = EncryptedBroker.configuration()
        configuration.credentials = .plain(user: "mlserving-client", password: "unknown")
        try await expectFailure(configuration, .authenticationFailed, "mlserving-client")
    }

    @Test func loginByCertificateNeedsACertificate() async throws {
        var configuration = EncryptedBroker.configuration()
        configuration.credentials = .external()
        try await expectFailure(configuration, .invalidArgument, "client certificate")
    }

    // MARK: Support

    private func expectLogin(_ configuration: RabbitMQConfiguration) async throws {
        try await TestBroker.withConnection(configuration) { connection in
            try await connection.waitUntilConnected(deadline: .now + .seconds(30))
        }
    }

    /// A client that trusts no node from the start ends, and says why.
    private func expectFailure(
        _ configuration: RabbitMQConfiguration, _ code: RabbitMQError.Code = .tlsFailed, _ text: String
    ) async throws {
        let connection = RabbitMQConnection(configuration: configuration, loop: EventLoop(name: "test"), logger: TestBroker.logger)
        let error = try await #require(throws: RabbitMQError.self) { try await connection.run() }
        #expect(error.code == code)
        #expect(error.message.contains(text), "\(error)")
        #expect(!"\(error)".contains("secret"))
    }

    private func expectFailure(_ configuration: RabbitMQConfiguration, _ text: String) async throws {
        try await expectFailure(configuration, .tlsFailed, text)
    }
}
