import EventLoop
import RabbitMQ
import Testing

/// What the broker closes a channel or the connection for harms nothing that is published beside it.
@Suite("Refused publishes", .enabled(if: TestBroker.isAvailable), .timeLimit(.minutes(5)))
struct RefusedPublishTests {
    /// One byte more than the test command's broker takes, as RabbitMQ 4 does.
    private static let tooLarge = [UInt8](repeating: 7, count: (16 << 20) + 1)
    /// RabbitMQ 3.10 closes the connection when it decodes this.
    private static let poisonousAddress = "amq.rabbitmq.reply-to.g1h2AA.xx"

    /// Publishes messages at once.
    ///
    /// - Returns: What each failed with.
    private func publish(
        _ messages: [(body: [UInt8], properties: MessageProperties, target: String, isMandatory: Bool)], on connection: RabbitMQConnection
    ) async -> [RabbitMQError.Code?] {
        await withTaskGroup(of: (Int, RabbitMQError.Code?).self) { group in
            for (index, message) in messages.enumerated() {
                group.addTask {
                    do throws(RabbitMQError) {
                        try await connection.publish(
                            Message(body: message.body, properties: message.properties), routingKey: message.target,
                            mandatory: message.isMandatory)
                        return (index, nil)
                    } catch {
                        return (index, error.code)
                    }
                }
            }
            let outcomes = await group.reduce(into: [:]) { $0[$1.0] = .some($1.1) }
            return messages.indices.map { outcomes[$0] ?? nil }
        }
    }

    @Test func messageThatIsTooLargeFailsAloneAmongItsNeighbours() async throws {
        try await TestBroker.withQueue { connection, queue in
            var messages = (0..<40).map { (body: [UInt8($0)], properties: MessageProperties(), target: queue, isMandatory: true) }
            messages.insert((Self.tooLarge, MessageProperties(), queue, true), at: 20)
            let outcomes = await publish(messages, on: connection)
            for (index, code) in outcomes.enumerated() { #expect(code == (index == 20 ? .tooLarge : nil)) }
            let count = try await connection.queueStatus(of: queue).messageCount
            #expect(count >= 40)
            #expect(await connection.statistics.connectCount == 1)
        }
    }

    @Test func limitIsLearntSoThatTheNextLargeMessageIsNotSent() async throws {
        try await TestBroker.withQueue { connection, queue in
            for _ in 0..<3 {
                let error = await #expect(throws: RabbitMQError.self) {
                    try await connection.publish(Message(body: Self.tooLarge), routingKey: queue)
                }
                #expect(error?.code == .tooLarge)
                #expect(error?.isOutcomeUnknown == false)
                #expect(error?.message.contains("16777216") == true)
            }
            #expect(await connection.statistics.publishCount == 1)
            try await connection.publish(Message(body: [UInt8](repeating: 7, count: 16 << 20)), routingKey: queue)
        }
    }

    @Test func messageWithPropertiesThatTheBrokerRefusesFailsAlone() async throws {
        try await TestBroker.withQueue { connection, queue in
            var messages = (0..<100).map { (body: [UInt8($0)], properties: MessageProperties(), target: queue, isMandatory: true) }
            for index in [3, 57, 58] { messages[index].properties.expiration = "soon" }
            let outcomes = await publish(messages, on: connection)
            for (index, code) in outcomes.enumerated() { #expect(code == ([3, 57, 58].contains(index) ? .preconditionFailed : nil)) }
            #expect(await connection.statistics.connectCount == 1)
        }
    }

    @Test func messageThatIsTooLargeForAReplyChannelFailsAlone() async throws {
        try await TestBroker.withQueue { connection, queue in
            let channel = try await connection.openReplyChannel()
            let outcomes = await withTaskGroup(of: (Int, RabbitMQError.Code?).self) { group in
                for index in 0..<20 {
                    group.addTask {
                        do throws(RabbitMQError) {
                            try await channel.publish(Message(body: index == 9 ? Self.tooLarge : [1]), routingKey: queue)
                            return (index, nil)
                        } catch {
                            return (index, error.code)
                        }
                    }
                }
                return await group.reduce(into: [Int: RabbitMQError.Code?]()) { $0[$1.0] = .some($1.1) }
            }
            #expect(outcomes.count == 20)
            for (index, code) in outcomes { #expect(code == (index == 9 ? .tooLarge : nil)) }
        }
    }

    @Test func messageThatCostsTwoConnectionsIsNotSentAgainAndOthersAre() async throws {
        try await TestBroker.withQueue { connection, queue in
            let messages = (0..<20).map { index in
                (
                    body: [UInt8(index)], properties: MessageProperties(), target: index == 5 ? Self.poisonousAddress : queue,
                    isMandatory: index != 5
                )
            }
            let outcomes = await publish(messages, on: connection)
            for (index, code) in outcomes.enumerated() { #expect(code == (index == 5 ? .poisonous : nil)) }
            #expect(await connection.statistics.connectCount == 3)
            try await connection.publish(Message(body: [1]), routingKey: queue)
            #expect(await connection.statistics.connectCount == 3)
        }
    }

    @Test func headersThatDoNotFitAreLeftOutWhereThePublishAsksForIt() async throws {
        try await TestBroker.withQueue { connection, queue in
            let headers: FieldTable = ["small": 1, "large": .bytes([UInt8](repeating: 0, count: 200_000))]
            let message = Message(body: [1], properties: MessageProperties(headers: headers))
            let result = await withCheckedContinuation { continuation in
                Task {
                    await connection.publish(message, routingKey: queue, dropsHeaders: true) { continuation.resume(returning: $0) }
                }
            }
            _ = try result.get()
            let delivery = try #require(try await connection.consume(queue, prefetch: 1).take(1).first)
            #expect(delivery.body == [1])
            #expect(delivery.properties.headers["small"] == 1)
            #expect(delivery.properties.headers["large"] == nil)
            #expect(delivery.properties.headers["x-dropped-headers"] == "large")
        }
    }
}
