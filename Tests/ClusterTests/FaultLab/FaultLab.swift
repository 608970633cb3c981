import Foundation
import MLServing
import MLServingTesting
import Testing

/// A queue, consumers in processes of their own, and a client; between them and the servers, proxies.
struct FaultLab {
    /// How many requests each experiment makes: `FAULT_REQUESTS`.
    static let requests = ProcessInfo.processInfo.environment["FAULT_REQUESTS"].flatMap(Int.init) ?? 300
    /// What chance is drawn from: `FAULT_SEED`.
    static let seed = ProcessInfo.processInfo.environment["FAULT_SEED"].flatMap(UInt64.init) ?? .random(in: 0 ... .max)
    /// How many times something goes wrong at least: more in a long run.
    static let faults = requests >= 10_000 ? 5 : 1

    /// How many minutes a test may take.
    static let minutes = requests >= 10_000 ? 60 : 3

    /// The queue of requests.
    let queue: String
    let rabbitProxies: [FaultProxy]
    let redisProxy: FaultProxy
    let consumers: ConsumerProcesses
    let client: ProducerClient<Int, Int>
    let deadLetters: DeadLetterQueue

    var proxies: [FaultProxy] { rabbitProxies + [redisProxy] }

    /// Runs an experiment, prints its line of the table, and checks that every request has come to one right answer or one clear error.
    ///
    /// - Parameters:
    ///   - sentinels: Whether Redis is the one that sentinels watch, without a proxy.
    ///   - errors: The codes of errors that may occur.
    ///   - requests: How many requests to make at least.
    ///   - fatalInput: What a consumer crashes on.
    ///   - timeout: How long each caller waits at most.
    ///   - fault: Makes something go wrong, and right again.
    static func run(
        _ name: String, sentinels: Bool = false, errors permitted: Set<String> = [], requests: Int = requests, fatalInput: Int? = nil,
        timeout: Duration = FaultLoad.timeout,
        fault: @escaping @Sendable (FaultLab, inout SeededGenerator) async throws -> Void
    ) async throws {
        try await TestClusters.untilRabbitIsWhole()
        let rabbit = try TestClusters.rabbit.map { try FaultProxy(toPort: $0.port) }
        let redis = try FaultProxy(toPort: TestClusters.redis.port)
        defer { for proxy in rabbit + [redis] { proxy.close() } }
        let queue = "faults.\(UInt64.random(in: 0 ... .max))"
        var settings = sentinels ? TestClusters.sentinelSettings : TestClusters.clusterSettings
        settings.rabbitNodes = rabbit.map { ServerNode(host: "127.0.0.1", port: $0.port) }
        var environment = [
            "RABBIT_NODES": Self.list(rabbit.map(\.port)), "RABBIT_HEARTBEAT_TIMEOUT": "2", "QUEUE_NAME": queue, "PREFETCH_COUNT": "64",
        ]
        if sentinels {
            environment["REDIS_SENTINEL_NODES"] = Self.list(TestClusters.sentinels.map(\.port))
            environment["REDIS_SENTINEL_MASTER"] = "mlserving"
        } else {
            settings.redisIsCluster = false
            settings.redisNodes = [ServerNode(host: "127.0.0.1", port: redis.port)]
            environment["REDIS_NODES"] = Self.list([redis.port])
        }
        let consumers = try ConsumerProcesses(count: 2, fatalInput: fatalInput, environment: environment)
        defer { consumers.end() }
        let transport = ServerTransport(settings: settings, name: "fault-lab", logger: TestClusters.quietLogger)
        let client = ProducerClient<Int, Int>(
            transport: transport,
            configuration: ProducerConfiguration(route: Route(routingKey: queue)), logger: TestClusters.quietLogger
        )
        try await awaitConsumers(client)
        let lab = FaultLab(
            queue: queue, rabbitProxies: rabbit, redisProxy: redis, consumers: consumers, client: client,
            deadLetters: DeadLetterQueue(queue + ".dead-letters", transport: transport))
        let load = FaultLoad(client, timeout: timeout)
        let chance = SharedChance(seed: seed)
        try await load.run(requests: requests, faults: faults) {
            var generator = chance.next()
            try await fault(lab, &generator)
        }
        await client.shutdown()
        let tally = load.tally
        print("FAULT\t\(tally.row(name))")
        #expect(tally.lost == 0, "\(tally.others.prefix(3))")
        #expect(tally.duplicated == 0)
        #expect(tally.wrong == 0)
        #expect(Set(tally.errors.keys).isSubset(of: permitted), "\(tally.errors)")
        // Nobody waits beyond the deadline, but for the time that a busy machine takes to say so.
        #expect(tally.worstWait < timeout + .seconds(5))
    }

    private static func list(_ ports: [UInt16]) -> String {
        "(" + ports.map { "127.0.0.1:\($0)" }.joined(separator: " ") + ")"
    }

    /// The queue exists as soon as a consumer has declared it, and takes requests when its replicas have found each other.
    private static func awaitConsumers(_ client: ProducerClient<Int, Int>) async throws {
        while true {
            do {
                _ = try await client.predict(-1, timeout: .seconds(60))
                return
            } catch let error as ServingError where error.code == .unroutable || error.code == .overloaded {}
        }
    }
}

/// Each fault has chance of its own, which follows from the seed and its number.
private final class SharedChance: @unchecked Sendable {
    private var generator: SeededGenerator
    private let lock = NSLock()

    init(seed: UInt64) {
        generator = SeededGenerator(seed: seed)
    }

    func next() -> SeededGenerator {
        lock.withLock { SeededGenerator(seed: generator.next()) }
    }
}
