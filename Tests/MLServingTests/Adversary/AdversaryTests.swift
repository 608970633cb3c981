import Foundation
import MLServing
import MLServingTesting
import Redis
import Synchronization
import Testing

/// A producer who may publish to one exchange, and nothing else, against a consumer and a client with the documented rights.
///
/// `ADVERSARY_MESSAGES` says how many messages it sends, `ADVERSARY_SEED` which.
@Suite("Adversary (live)", .serialized, .enabled(if: LiveServers.areThere && LiveServers.rabbitCall != nil), .timeLimit(.minutes(240)))
struct AdversaryTests {
    private static let messages = variable("ADVERSARY_MESSAGES") ?? 1_500
    private static let seed = variable("ADVERSARY_SEED").map { UInt64($0) } ?? .random(in: 1...1_000_000)
    /// How many are on their way before the consumer has to have dealt with most of them: few while any may be costly, more once the producer
    /// sends such ones rarely (`FULL_MEASURE` in its program), so that neither waits for the other.
    private static func share(after sent: Int) -> (messages: Int, left: Int) { sent < 3_000 ? (500, 125) : (2_000, 1_000) }
    /// Far below what the compressed bodies among the messages would expand to together.
    private static let memoryLimit = 700_000_000

    private static func variable(_ name: String) -> Int? { ProcessInfo.processInfo.environment[name].flatMap { Int($0) } }

    /// - Parameter servesCelery: Whether the consumer serves Celery's tasks, too, and the adversary may broadcast to Celery's workers.
    @Test(arguments: [false, true]) func hostileProducerHarmsNobodyElse(servesCelery: Bool) async throws {
        print("ADVERSARY_SEED=\(Self.seed) ADVERSARY_MESSAGES=\(Self.messages)")
        let canaries = Canaries()
        let isOfNobody = Mutex<Set<String>>([])
        try await canaries.plant()
        let before = try await Self.allKeys()
        try await RestrictedParties.run(withExchange: true) { parties in
            var parties = parties
            if servesCelery { parties.admitToCelery() }
            let victimQueue = parties.queue + "-another"
            try await Self.withQueue(victimQueue) {
                try await attack(parties, servesCelery: servesCelery, canaries: canaries, victimQueue: victimQueue)
            }
            let strange = try await Self.allKeys().subtracting(before).filter { !Self.isPermitted($0, parties, servesCelery: servesCelery) }
            isOfNobody.withLock { $0.formUnion(strange) }
        }
        #expect(try await canaries.touched() == [])
        #expect(isOfNobody.withLock { $0 } == [])
        try await canaries.remove()
    }

    private func attack(_ parties: RestrictedParties, servesCelery: Bool, canaries: Canaries, victimQueue: String) async throws {
        var variables = ServingProcess.variables(parties.consumer)
        variables["CELERY"] = servesCelery ? "1" : "0"
        let consumer = try ServingProcess(["consume", "echo", "--prefetch", "100"], variables: variables)
        defer { consumer.end() }
        try await Self.until { String(decoding: consumer.output, as: UTF8.self).contains("consumer ready") || !consumer.isRunning }
        let targets = HostileProducer.Targets(
            keys: canaries.keys + Self.controlKeys(parties) + Self.oddKeys(parties),
            queues: [
                victimQueue, parties.queue, parties.queue + ".suspects", parties.queue + ".dead-letters", parties.queue + ".retry.1000",
                "amq.rabbitmq.reply-to", "amq.rabbitmq.reply-to.rubbish", "amq.rabbitmq.reply-to.g1h2AAAA.\u{1B}", "amq.gen-nobody",
                "celery", String(repeating: "q", count: 255), "",
            ])
        let broadcasts = servesCelery ? "celery.pidbox" : nil
        let adversary = try HostileProducer(parties, seed: Self.seed, targets: targets, broadcasts: broadcasts)
        defer { adversary.end() }

        let client = ProducerClient<String, String>(settings: parties.producer, logger: LiveServers.quietLogger)
        let honest = HonestCallers(client)
        var strange: Set<Unicode.Scalar> = []
        try await withThrowingTaskGroup(of: Void.self) { group in
            for _ in 0..<8 { group.addTask { await honest.ask() } }
            defer { honest.stop() }
            let (began, queue) = (ContinuousClock.now, parties.queue)
            var largest = 0
            var outcome = HostileProducer.Outcome(confirmed: 0, refused: 0)
            try await Self.withTransport { transport in
                func depth(_ queue: String) async throws -> Int { try await transport.broker.status(of: queue).depth }
                var sent = 0
                while sent < Self.messages, consumer.isRunning {
                    let share = Self.share(after: sent)
                    sent += min(Self.messages - sent, share.messages)
                    outcome = try await adversary.publish(upTo: sent)
                    // The next share comes while the consumer has some of this one before it.
                    let left = sent < Self.messages ? share.left : 0
                    try await Self.until { try await depth(queue) <= left || !consumer.isRunning }
                    largest = max(largest, consumer.peakBytes)
                    strange.formUnion(Self.strangeCharacters(in: consumer.newOutput()))
                }
                try await Self.until { try await depth(queue + ".suspects") == 0 || !consumer.isRunning }
                let seconds = Int(began.duration(to: .now).components.seconds)
                let letters = try await depth(queue + ".dead-letters")
                print(
                    "ADVERSARY servesCelery=\(servesCelery): \(Self.messages) messages in \(seconds) s, \(outcome.refused) refused by the broker,",
                    "\(letters) dead letters kept,",
                    "\(honest.answers) honest answers, worst wait \(honest.worstWait), largest memory \(largest / 1_000_000) MB")
            }
            honest.stop()
            try await group.waitForAll()
            #expect(largest < Self.memoryLimit)
        }
        await client.shutdown()
        strange.formUnion(Self.strangeCharacters(in: consumer.newOutput()))
        #expect(consumer.isRunning, "the consumer ended: \(String(decoding: consumer.lastOutput, as: UTF8.self))")
        #expect(honest.failures == [], "seed \(Self.seed)")
        #expect(honest.answers > 0)
        #expect(honest.worstWait < .seconds(30))
        #expect(try await Self.depth(victimQueue) == 0, "something was published to another application's queue")
        #expect(strange == [], "what a terminal might obey reached the log")
        #expect(consumer.terminate() == 0)
        try inspectLetters(parties)
    }

    /// What an operator does with what was laid to rest.
    private func inspectLetters(_ parties: RestrictedParties) throws {
        // An operator may do everything with the queues.
        var variables = ServingProcess.variables(LiveServers.settings)
        variables["QUEUE_NAME"] = parties.queue
        variables["EXCHANGE_NAME"] = parties.consumer.exchangeName
        variables["REDIS_USER"] = ""
        variables["REDIS_PASSWORD"] = ""
        for arguments in [["list"], ["show"], ["replay", "--all"]] {
            let command = try ServingProcess(["dead-letters"] + arguments, variables: variables)
            defer { command.end() }
            // Whatever it says of them, it does not crash.
            #expect(command.exitCode() < 128, "dead-letters \(arguments)")
            #expect(Self.strangeCharacters(in: command.output) == [], "dead-letters \(arguments)")
        }
    }

    /// Characters that move a terminal's cursor, or the reader's eye, or are no text at all.
    private static func strangeCharacters(in output: [UInt8]) -> Set<Unicode.Scalar> {
        var strange: Set<Unicode.Scalar> = []
        // Most of it is printable ASCII, and a million messages leave hundreds of megabytes.
        for line in output.split(separator: UInt8(ascii: "\n")) where line.contains(where: { !(0x20...0x7E).contains($0) }) {
            strange.formUnion(
                String(decoding: line, as: UTF8.self).unicodeScalars.lazy.filter { scalar in
                    [.control, .format, .lineSeparator, .paragraphSeparator].contains(scalar.properties.generalCategory)
                })
        }
        return strange
    }

    // MARK: What the adversary names

    /// The keys of this project's own control, by the names of this release and of the one before.
    private static func controlKeys(_ parties: RestrictedParties) -> [String] {
        let queue = parties.queue
        return ["mlserving-control:{\(queue)}:", "mlserving:", "\(parties.producer.producer.keyPrefix):"].flatMap { prefix in
            ["cancel:x", "cache:x", "suspect:x:1", "convicted:x", "cancel:{\(queue)}:x", "suspect:{\(queue)}:x:1", "marker"].map {
                prefix + $0
            }
        }
    }

    private static func oddKeys(_ parties: RestrictedParties) -> [String] {
        let prefix = parties.producer.producer.keyPrefix
        return [
            "\(prefix):{x}:\u{1B}[2J", "\(prefix):\r\nSET owned 1", "\(prefix)", "\(prefix):", "*", "", "\0",
            String(repeating: "k", count: 70_000),
            "\(prefix):../another", "another:\(prefix):x",
        ]
    }

    /// Whether a key may be there after the attack: a result below the parties' prefix or under a bare UUID, or control of their queue.
    private static func isPermitted(_ key: String, _ parties: RestrictedParties, servesCelery: Bool) -> Bool {
        let name = servesCelery && key.hasPrefix("celery-task-meta-") ? key.dropFirst("celery-task-meta-".count) : key[...]
        return key.hasPrefix(parties.producer.producer.keyPrefix + ":") || key.hasPrefix("mlserving-control:{\(parties.queue)}:")
            || name.wholeMatch(of: /[0-9A-Fa-f]{8}(-[0-9A-Fa-f]{4}){3}-[0-9A-Fa-f]{12}/) != nil
    }

    // MARK: The servers, as somebody who may

    private static func allKeys() async throws -> Set<String> {
        Set(try await RedisAdministrator.send(["KEYS", "*"]).elements?.compactMap(\.string) ?? [])
    }

    private static func depth(_ queue: String) async throws -> Int {
        try await withTransport { try await $0.broker.status(of: queue).depth }
    }

    private static func withQueue(_ name: String, _ body: () async throws -> Void) async throws {
        try await withTransport { _ = try await $0.broker.declare(QueueDefinition(name: name, kind: .classic)) }
        let result: Result<Void, any Error>
        do { result = .success(try await body()) } catch { result = .failure(error) }
        try? await BrokerCall.deleteQueue(name)
        try result.get()
    }

    private static func withTransport<Value: Sendable>(_ body: (ServerTransport) async throws -> Value) async throws -> Value {
        let transport = ServerTransport(settings: LiveServers.settings, name: "test", logger: LiveServers.quietLogger)
        return try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { try await transport.run() }
            defer { group.cancelAll() }
            return try await body(transport)
        }
    }

    /// Asks again and again; servers tell no client of what is looked for here.
    private static func until(_ condition: () async throws -> Bool) async throws {
        while try await !condition() { try await Task.sleep(for: .milliseconds(50)) }
    }
}

/// Callers who know what the right answer is.
private final class HonestCallers: Sendable {
    private struct State {
        var isOver = false
        var answers = 0
        var failures: [String] = []
        var worstWait = Duration.zero
    }

    private let client: ProducerClient<String, String>
    private let state = Mutex(State())

    init(_ client: ProducerClient<String, String>) {
        self.client = client
    }

    var answers: Int { state.withLock { $0.answers } }
    var failures: [String] { state.withLock { $0.failures } }
    var worstWait: Duration { state.withLock { $0.worstWait } }

    func stop() {
        state.withLock { $0.isOver = true }
    }

    /// Asks one question after the other until stopped, some at a time: an honest caller leaves the processors to others between questions.
    func ask() async {
        while !Task.isCancelled, state.withLock({ !$0.isOver }) {
            try? await Task.sleep(for: .milliseconds(20))
            let question = String(UInt64.random(in: .min ... .max))
            let start = ContinuousClock.now
            let result = await Result { try await client.predict(question, timeout: .seconds(60)) }
            let wait = start.duration(to: .now)
            state.withLock { state in
                state.worstWait = max(state.worstWait, wait)
                switch result {
                case .success(question): state.answers += 1
                case .success(let answer): state.failures.append("\(question) was answered with \(answer)")
                case .failure(let error): state.failures.append("\(error)")
                }
            }
        }
    }
}

extension Result where Failure == any Error {
    fileprivate init(_ body: () async throws -> Success) async {
        do { self = .success(try await body()) } catch { self = .failure(error) }
    }
}

extension RestrictedParties {
    /// Lets the consumer do what serving Celery takes, and the adversary broadcast to its workers.
    fileprivate mutating func admitToCelery() {
        let everything = LiveServers.settings
        for party in [\RestrictedParties.consumer, \.producer] {
            self[keyPath: party].rabbitUser = everything.rabbitUser
            self[keyPath: party].rabbitPassword = everything.rabbitPassword
        }
        consumer.redisUser = everything.redisUser
        consumer.redisPassword = everything.redisPassword
    }
}
