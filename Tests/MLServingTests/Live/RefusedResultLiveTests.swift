import EventLoop
import Logging
import MLServingCore
import Redis
import Testing

@testable import MLServing

/// What a consumer and a producer make of results that a real Redis does not take, does not tell of, or keeps to itself.
@Suite("Results that Redis refuses", .enabled(if: PrivateRedis.program != nil), .serialized, .timeLimit(.minutes(5)))
struct RefusedResultLiveTests {
    /// A consumer and a producer on a broker in memory, and somebody who may do everything in Redis.
    private struct Parties: Sendable {
        let server: InMemoryServer
        let queue: String
        let client: ProducerClient<Int, [UInt8]>
        let administrator: RedisClient

        func publish(_ number: Int, key: String) async throws {
            var message = Message(body: try MessagePackCodec().encode(number), messageID: key)
            message.headers["x-result-key"] = .string(key)
            try await server.transport().broker.publish(message, to: Route(routingKey: queue))
        }

        /// Waits for the bytes under a key.
        func bytes(under key: String) async throws -> [UInt8] {
            let end = ContinuousClock.now + .seconds(30)
            while .now < end {
                if let bytes = try await administrator.get(key) { return bytes }
                try await Task.sleep(for: .milliseconds(5))
            }
            throw CancellationError()
        }

        func deadLetters(_ count: Int) async throws -> [DeadLetter] {
            let source = try await server.transport().broker.consume(queue + ".dead-letters", prefetch: count)
            var letters: [DeadLetter] = []
            while letters.count < count { letters += try await source.next().map { DeadLetter($0.message) } }
            return letters
        }
    }

    private static let silent = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }
    private static let leastConsumer = "consumer on >s3cret %W~mlserving:* &* +set +exists +psubscribe +punsubscribe +ping +client|setname"
    private static let leastProducer = "producer on >s3cret ~mlserving:* &* +get +exists +unlink +psubscribe +punsubscribe +info +ping +set"

    private func run(_ settings: [(String, String)], _ body: @escaping @Sendable (Parties) async throws -> Void) async throws {
        let users = [("user", Self.leastConsumer), ("user", Self.leastProducer), ("notify-keyspace-events", "K$")]
        try await PrivateRedis.run(settings + users) { redis in
            let loop = EventLoop(name: "test")
            let server = InMemoryServer(executor: loop)
            let queue = QueueDefinition(name: "q")
            try await server.transport().broker.declare(queue)
            func transport(of user: String) -> StoreTransport {
                var settings = redis.settings
                settings.redisUser = user
                settings.redisPassword = Secret("s3cret")
                return StoreTransport(settings, server: server, loop: loop, logger: Self.silent)
            }
            var configuration = ConsumerConfiguration(queue: queue, prefetch: 64, gracefulShutdownSignals: [])
            configuration.answers = AnswerPolicy(keyPrefixes: ["mlserving", "other"])
            let consumer = ConsumerRunner(
                Repeater(), transport: transport(of: "consumer"),
                configuration: configuration, logger: Self.silent)
            let client = ProducerClient<Int, [UInt8]>(
                transport: transport(of: "producer"), configuration: ProducerConfiguration(route: Route(routingKey: queue.name)),
                logger: Self.silent)
            let administrator = RedisClient(configuration: redis.configuration, loop: EventLoop(name: "administrator"), logger: Self.silent)
            let parties = Parties(server: server, queue: queue.name, client: client, administrator: administrator)
            try await withThrowingTaskGroup(of: Void.self) { group in
                group.addTask { try await consumer.run() }
                group.addTask { try await client.run() }
                group.addTask { try await administrator.run() }
                defer { group.cancelAll() }
                try await body(parties)
            }
        }
    }

    @Test func keyThatTheConsumerMayNotWriteHarmsNobodyElse() async throws {
        try await run([]) { parties in
            for number in 0..<20 { try await parties.publish(1, key: number == 7 ? "other:7" : "mlserving:\(number)") }
            for number in 0..<20 where number != 7 { _ = try await parties.bytes(under: "mlserving:\(number)") }
            let letters = try await parties.deadLetters(1)
            #expect(letters.map(\.resultKey) == ["other:7"])
            #expect(letters.map(\.reason) == ["result_refused"])
            #expect(letters.first?.explanation?.contains("NOPERM") == true)
            #expect(try await parties.client.predict(5).count == 5)
        }
    }

    /// Without the right to ask for the limit it is found out: Redis breaks the connection over the value.
    @Test func valueThatBreaksTheConnectionIsToldToItsCallerAlone() async throws {
        try await run([("proto-max-bulk-len", "1mb")]) { parties in
            async let large = parties.client.predict(2_000_000)
            for count in 1...20 { #expect(try await parties.client.predict(count).count == count) }
            do {
                _ = try await large
                Issue.record("Redis has taken a value above its limit")
            } catch let error as ServingError {
                #expect(error.code == .tooLarge)
            }
            #expect(try await parties.deadLetters(1).map(\.reason) == ["too_large"])
        }
    }

    @Test func fullServerIsWaitedFor() async throws {
        try await run([]) { parties in
            _ = try await parties.client.predict(1)
            try await parties.administrator.send(RedisCommand("CONFIG", "SET", "maxmemory", "1"))
            async let late = parties.client.predict(3)
            try await parties.publish(1, key: "mlserving:late")
            let end = ContinuousClock.now + .seconds(30)
            // Until the server has refused one of them.
            while try await parties.administrator.info("errorstats")["errorstat_OOM"] == nil, .now < end {
                try await Task.sleep(for: .milliseconds(5))
            }
            try await parties.administrator.send(RedisCommand("CONFIG", "SET", "maxmemory", "0"))
            #expect(try await late.count == 3)
            _ = try await parties.bytes(under: "mlserving:late")
        }
    }

    @Test func notificationsThatAreSwitchedOffCostOneSweepThoughNobodyMayLookAtTheSetting() async throws {
        try await run([]) { parties in
            _ = try await parties.client.predict(1)
            try await parties.administrator.send(RedisCommand("CONFIG", "SET", "notify-keyspace-events", ""))
            for count in 1...2 { _ = try await parties.client.predict(count) }
            // A sweep each would take twenty seconds.
            let start = ContinuousClock.now
            for count in 1...20 { _ = try await parties.client.predict(count) }
            #expect(ContinuousClock.now - start < .seconds(10))
        }
    }
}

/// As many random bytes as the input says, which nothing compresses.
private struct Repeater: Predictor {
    func predict(_ input: Int) async throws -> [UInt8] {
        (0..<input).map { _ in UInt8.random(in: 128...255) }
    }
}
