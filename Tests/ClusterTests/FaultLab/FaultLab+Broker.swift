import EventLoop
import MLServing
import RabbitMQ

/// What somebody else does at the same broker.
extension FaultLab {
    /// Deletes a queue with what is in it.
    func deleteQueue(_ name: String) async throws {
        try await withConnection { _ = try await $0.deleteQueue(named: name) }
    }

    /// Waits until requests are answered again.
    func untilAnswered() async throws {
        while (try? await client.predict(-1, timeout: .seconds(5))) != -1 { try Task.checkCancellation() }
    }

    /// Publishes requests whose results nobody can take, and one of them the broker chokes on.
    func publishHostileRequests() async throws {
        // A text of 1.2 MB in MessagePack, more than Redis takes in this experiment.
        let large: [UInt8] = [0xdb, 0x00, 0x12, 0x4f, 0x80] + Array(repeating: 0x78, count: 1_200_000)
        let requests: [MessageProperties] = [
            MessageProperties(
                contentType: "application/msgpack",
                headers: ["x-result-key": .string("mlserving:{lab}:large")], messageID: "large"),
            MessageProperties(
                contentType: "application/msgpack", headers: ["x-result-key": .string("somebody:else")], messageID: "foreign"),
            MessageProperties(
                contentType: "application/msgpack", correlationID: "1", replyTo: "amq.rabbitmq.reply-to.rubbish", messageID: "poison"),
        ]
        try await withConnection { connection in
            for properties in requests {
                let body = properties.messageID == "large" ? large : [0xc0]
                try await connection.publish(RabbitMQ.Message(body: body, properties: properties), routingKey: queue)
            }
        }
    }

    private func withConnection(_ body: @Sendable (RabbitMQConnection) async throws -> Void) async throws {
        let nodes = TestClusters.rabbit.map { RabbitMQNode(host: "127.0.0.1", port: $0.port) }
        let connection = RabbitMQConnection(
            configuration: RabbitMQConfiguration(nodes: nodes), loop: EventLoop(name: "somebody-else"), logger: TestClusters.quietLogger)
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { try await connection.run() }
            defer { group.cancelAll() }
            try await body(connection)
        }
    }
}
