import EventLoop
import Foundation
import Logging
import MLServingCore
import Redis
import ServiceLifecycle
import Testing

@testable import MLServing

/// What a consumer makes of its results while a real Redis takes none, or not all.
@Suite("Redis in trouble", .enabled(if: PrivateRedis.program != nil), .timeLimit(.minutes(5)))
struct StoreTroubleTests {
    /// A state in which Redis refuses to write, for as long as it lasts.
    struct Trouble: Sendable, CustomTestStringConvertible {
        /// What its error replies begin with.
        let error: String
        var settings: [(String, String)] = []
        let cause: [[String]]
        let cure: [[String]]
        var isCluster = false

        var testDescription: String { error }
    }

    static let troubles = [
        Trouble(error: "OOM", cause: [["CONFIG", "SET", "maxmemory", "1"]], cure: [["CONFIG", "SET", "maxmemory", "0"]]),
        // Nobody listens on port 1, so the data stay what they are.
        Trouble(error: "READONLY", cause: [["REPLICAOF", "127.0.0.1", "1"]], cure: [["REPLICAOF", "NO", "ONE"]]),
        Trouble(
            error: "MISCONF", settings: [("enable-protected-configs", "yes")],
            cause: [["CONFIG", "SET", "save", "3600 1"], ["CONFIG", "SET", "dir", "/proc"], ["BGSAVE"]],
            cure: [["CONFIG", "SET", "save", ""]]),
        Trouble(
            error: "CLUSTERDOWN", settings: clusterSettings("yes"),
            cause: [["CLUSTER", "DELSLOTS", "16383"]], cure: [["CLUSTER", "ADDSLOTS", "16383"]], isCluster: true),
    ]

    /// A consumer and a producer on a broker in memory, and somebody who may do everything in Redis.
    private struct Parties: Sendable {
        let server: InMemoryServer
        let consumer: ConsumerRunner
        let group: ServiceGroup
        let client: ProducerClient<Int, [UInt8]>
        let administrator: RedisClient

        func perform(_ commands: [[String]]) async throws {
            for command in commands {
                try await administrator.send(RedisCommand(command[0], command.dropFirst().map { .string($0) }))
            }
        }

        /// Brings trouble about, and waits until it is there.
        func cause(_ trouble: Trouble) async throws {
            try await perform(trouble.cause)
            let before = try await refusals(trouble.error)
            try await wait {
                _ = try? await administrator.send(RedisCommand("SET", "mlserving:try", "1"))
                return try await refusals(trouble.error) > before
            }
        }

        func publish(_ number: Int, key: String) async throws {
            var message = Message(body: try MessagePackCodec().encode(number), messageID: key)
            message.headers["x-result-key"] = .string(key)
            try await server.transport().broker.publish(message, to: Route(routingKey: StoreTroubleTests.queue.name))
        }

        /// Waits for something to become true.
        func wait(until condition: () async throws -> Bool) async throws {
            let end = ContinuousClock.now + .seconds(30)
            while try await !condition() {
                try #require(ContinuousClock.now < end, "it has not become true within 30 s")
                try await Task.sleep(for: .milliseconds(5))
            }
        }

        func waitForResult(under key: String) async throws {
            try await wait { try await administrator.get(key) != nil }
        }

        /// How often Redis has answered with an error.
        func refusals(_ error: String) async throws -> Int {
            let count = try await administrator.info("errorstats")["errorstat_\(error)"]
            return count.flatMap { Int($0.drop { !$0.isNumber }) } ?? 0
        }

        func deadLetters(_ count: Int) async throws -> [DeadLetter] {
            let source = try await server.transport().broker.consume(StoreTroubleTests.queue.name + ".dead-letters", prefetch: count)
            var letters: [DeadLetter] = []
            while letters.count < count { letters += try await source.next().map { DeadLetter($0.message) } }
            return letters
        }

        var depth: Int {
            get async throws { try await server.transport().broker.status(of: StoreTroubleTests.queue.name).depth }
        }
    }

    private static let queue = QueueDefinition(name: "q")
    private static let gracePeriod = Duration.seconds(1)
    private static let silent = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }

    /// - Parameter needsAll: Whether the cluster serves nothing when slots are away.
    private static func clusterSettings(_ needsAll: String) -> [(String, String)] {
        [
            ("cluster-enabled", "yes"), ("cluster-require-full-coverage", needsAll),
            ("cluster-config-file", "mlserving-test-\(UInt64.random(in: 0 ... .max)).conf"),
        ]
    }

    private func run(
        _ settings: [(String, String)], isCluster: Bool = false, _ body: @escaping @Sendable (Parties) async throws -> Void
    ) async throws {
        defer {
            // Redis leaves it behind.
            for case ("cluster-config-file", let name) in settings {
                try? FileManager.default.removeItem(at: FileManager.default.temporaryDirectory.appending(path: name))
            }
        }
        try await PrivateRedis.run(settings + [("notify-keyspace-events", "K$")]) { redis in
            let loop = EventLoop(name: "test")
            let server = InMemoryServer(executor: loop)
            try await server.transport().broker.declare(Self.queue)
            func transport() -> StoreTransport {
                var settings = redis.settings
                settings.redisIsCluster = isCluster
                return StoreTransport(settings, server: server, loop: loop, logger: Self.silent)
            }
            var configuration = ConsumerConfiguration(queue: Self.queue, prefetch: 64, gracefulShutdownSignals: [])
            configuration.gracePeriod = Self.gracePeriod
            configuration.statusInterval = .milliseconds(200)
            let consumer = ConsumerRunner(Repeater(), transport: transport(), configuration: configuration, logger: Self.silent)
            let group = ServiceGroup(services: [consumer], gracefulShutdownSignals: [], cancellationSignals: [], logger: Self.silent)
            let client = ProducerClient<Int, [UInt8]>(
                transport: transport(), configuration: ProducerConfiguration(route: Route(routingKey: Self.queue.name)),
                logger: Self.silent)
            let administrator = RedisClient(configuration: redis.configuration, loop: EventLoop(name: "administrator"), logger: Self.silent)
            let parties = Parties(server: server, consumer: consumer, group: group, client: client, administrator: administrator)
            try await withThrowingTaskGroup(of: Void.self) { tasks in
                tasks.addTask { try await administrator.run() }
                if isCluster { try await parties.perform([["CLUSTER", "ADDSLOTSRANGE", "0", "16383"]]) }
                tasks.addTask { try await group.run() }
                tasks.addTask { try await client.run() }
                defer { tasks.cancelAll() }
                try await consumer.ready()
                #expect(try await client.predict(1).count == 1)
                try await body(parties)
            }
        }
    }

    @Test(arguments: troubles) func resultsWaitForItsEndAndTheConsumerDoesNot(_ trouble: Trouble) async throws {
        try await run(trouble.settings, isCluster: trouble.isCluster) { parties in
            try await parties.cause(trouble)
            async let late = parties.client.predict(3)
            async let hasty = parties.client.predict(2, timeout: .seconds(2))
            try await parties.publish(4, key: "mlserving:late")
            let before = try await parties.refusals(trouble.error)
            try await parties.wait { try await parties.refusals(trouble.error) >= before + 4 }
            try await parties.wait { !parties.consumer.health.report().isReady }
            let problems = parties.consumer.health.report().readinessProblems.map(\.code)
            #expect(Set(problems).isSubset(of: [.storeUnavailable, .disconnected]), "\(problems)")
            do {
                _ = try await hasty
                Issue.record("a result was stored")
            } catch let error as ServingError {
                #expect([.expired, .unavailable].contains(error.code))
            }

            try await parties.perform(trouble.cure)
            let cured = ContinuousClock.now
            #expect(try await late.count == 3)
            try await parties.waitForResult(under: "mlserving:late")
            try await parties.consumer.ready()
            // Two seconds at most lie between two tries.
            #expect(ContinuousClock.now - cured < .seconds(10))
            try await parties.wait { try await parties.depth == 0 }

            try await parties.cause(trouble)
            try await parties.wait { !parties.consumer.health.report().isReady }
            let earlier = try await parties.refusals(trouble.error)
            try await parties.publish(5, key: "mlserving:left")
            try await parties.wait { try await parties.refusals(trouble.error) >= earlier + 4 }
            let end = ContinuousClock.now
            await parties.group.triggerGracefulShutdown()
            try await parties.wait {
                parties.consumer.health.report().readinessProblems.map(\.code).contains(.ended)
            }
            // It would never end.
            #expect(ContinuousClock.now - end < Self.gracePeriod + .seconds(30))
            #expect(try await parties.depth == 1, "the request goes to the next consumer")
        }
    }

    /// A cluster of which a part is away.
    @Test func resultsOfSlotsThatAreAwayWaitAndHoldUpNoOther() async throws {
        try await run(Self.clusterSettings("no"), isCluster: true) { parties in
            var lost: [String] = []
            var served: [String] = []
            for number in 0..<40 {
                let key = "mlserving:\(number)"
                let slot = try await parties.administrator.send(RedisCommand("CLUSTER", "KEYSLOT", .string(key))).integer ?? 0
                if slot < 8_192 { lost.append(key) } else { served.append(key) }
            }
            try #require(!lost.isEmpty && !served.isEmpty)
            try await parties.perform([["CLUSTER", "DELSLOTSRANGE", "0", "8191"]])
            let began = ContinuousClock.now
            for key in lost + served { try await parties.publish(1, key: key) }
            for key in served { try await parties.waitForResult(under: key) }
            #expect(ContinuousClock.now - began < .seconds(3))
            // Not only stored: the consumer knows it, and holds nothing else.
            try await parties.wait { parties.consumer.health.report().heldRequests == lost.count }
            try await parties.perform([["CLUSTER", "ADDSLOTSRANGE", "0", "8191"]])
            for key in lost { try await parties.waitForResult(under: key) }
            try await parties.wait { try await parties.depth == 0 }
        }
    }

    /// The first limit is one that the consumer can ask for, the second one ends the connection.
    @Test(arguments: [("proto-max-bulk-len", 1), ("client-query-buffer-limit", 3)])
    func resultAboveALimitIsToldToItsCallerAlone(_ limit: String, connectionsAtMost: Int) async throws {
        try await run([(limit, "1mb")]) { parties in
            async let large = parties.client.predict(2_000_000)
            var worst = Duration.zero
            for count in 1...20 {
                let began = ContinuousClock.now
                #expect(try await parties.client.predict(count).count == count)
                worst = max(worst, .now - began)
            }
            #expect(worst < .seconds(5))
            do {
                _ = try await large
                Issue.record("Redis has taken a value above its limit")
            } catch let error as ServingError {
                #expect(error.code == .tooLarge)
            }
            #expect(try await parties.deadLetters(1).map(\.reason) == ["too_large"])
            #expect(try await parties.client.predict(7).count == 7)
            let connections = parties.consumer.health.report().connections
            #expect(connections.allSatisfy { $0.connectCount <= connectionsAtMost }, "\(connections)")
        }
    }
}

/// As many random bytes as the input says, which nothing compresses.
private struct Repeater: Predictor {
    func predict(_ input: Int) async throws -> [UInt8] {
        (0..<input).map { _ in UInt8.random(in: 128...255) }
    }
}
