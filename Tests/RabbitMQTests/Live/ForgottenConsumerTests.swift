import RabbitMQ
import Testing

/// A queue that is deleted and declared again before the channel of its consumer hears of it: RabbitMQ 3 then consumes the new queue in the
/// consumer's name, but delivers nothing.
@Suite("Forgotten consumers", .enabled(if: TestBroker.isAvailable && TestBroker.call != nil), .timeLimit(.minutes(2)))
struct ForgottenConsumerTests {
    private let queue = QueueDeclaration(name: TestBroker.makeName("forgotten"), kind: .quorum)

    private var configuration: RabbitMQConfiguration {
        var configuration = TestBroker.configuration
        configuration.consumerRenewal = .milliseconds(200)
        return configuration
    }

    /// Has the consumer's channel hear nothing while `body` runs.
    private func whileDeaf(_ body: () async throws -> Void) async throws {
        let name = "<<\"\(queue.name)\">>"
        // The term outlives the call, and the queue. A consumer that is started anew meanwhile is looked up again.
        try await TestBroker.evaluate(
            """
            Suspend = fun Again(Tries) ->
                try
                    {ok, Queue} = rabbit_amqqueue:lookup(rabbit_misc:r(<<"/">>, queue, \(name))), [Consumer] = rabbit_amqqueue:consumers(Queue),
                    persistent_term:put(\(name), element(1, Consumer)), sys:suspend(element(1, Consumer))
                catch _:_ when Tries > 0 -> timer:sleep(20), Again(Tries - 1)
                end
            end, Suspend(100)
            """)
        try await body()
        try await TestBroker.evaluate("sys:resume(persistent_term:get(\(name)))")
    }

    /// A new queue refuses messages until it has a leader.
    private func publish(_ number: UInt8, on connection: RabbitMQConnection) async throws {
        while true {
            do throws(RabbitMQError) {
                _ = try await connection.publish(Message(body: [number]), routingKey: queue.name)
                return
            } catch {
                guard error.code == .refused else { throw error }
            }
        }
    }

    @Test func areStartedAnew() async throws {
        try await TestBroker.withQueue(queue, configuration) { connection, name in
            let consumer = try await connection.consume(name, prefetch: 10)
            try await TestBroker.withConnection { other in
                try await whileDeaf {
                    try await other.deleteQueue(named: name)
                    try await other.declareQueue(queue)
                }
                try await publish(1, on: other)
            }
            let deliveries = try await consumer.take(1)
            #expect(deliveries.map(\.body) == [[1]])
            await consumer.acknowledge(deliveries.map(\.tag))
        }
    }

    @Test func hearOfTheNextDeletion() async throws {
        try await TestBroker.withQueue(queue, configuration) { connection, name in
            let consumer = try await connection.consume(name, prefetch: 10)
            try await TestBroker.withConnection { other in
                try await whileDeaf {
                    try await other.deleteQueue(named: name)
                    try await other.declareQueue(queue)
                }
                try await other.deleteQueue(named: name)
                while (try? await other.queueStatus(of: name)) == nil { try Task.checkCancellation() }
                try await publish(2, on: other)
            }
            #expect(try await consumer.take(1).map(\.body) == [[2]])
        }
    }

    /// A consumer that is started anew all the time misses nothing, loses nothing, and is never seen to be away.
    @Test func renewalDisturbsNothing() async throws {
        var configuration = configuration
        configuration.consumerRenewal = .milliseconds(5)
        try await TestBroker.withQueue(queue, configuration) { connection, name in
            let consumer = try await connection.consume(name, prefetch: 10)
            let (_, since) = consumer.registration
            for number in 0..<100 as Range<UInt8> {
                try await connection.publish(Message(body: [number]), routingKey: name)
                let delivery = try #require(try await consumer.take(1).first)
                #expect(delivery.body == [number])
                try await Task.sleep(for: .milliseconds(Int.random(in: 0...15)))
                await consumer.acknowledge([delivery.tag])
            }
            #expect(consumer.registration == (true, since))
            #expect(await connection.statistics.consumerRestartCount == 0)
            #expect(try await connection.queueStatus(of: name).messageCount == 0)
        }
    }
}
