import EventLoop
import Foundation
import Logging
import MLServingCore
import MLServingTesting
import ServiceLifecycle
import ServiceLifecycleTestKit
import Synchronization

/// Consumers that die and come back, clients that ask, and servers that cannot be relied on: all drawn from one seed.
///
/// For a while everything goes wrong. Then it calms down, and everything has to come to its right end.
final class SimulatedWorld: Sendable {
    /// What is wrong, when something is.
    struct Flaw: Error, CustomStringConvertible {
        let description: String
    }

    private struct State: Sendable {
        var isCalm = false
        var transports: [UnreliableTransport] = []
        var deadLettersExpected: Set<SimulatedInput> = []
        var answered = 0
    }

    private let executor: SimulatedExecutor
    private let server: InMemoryServer
    private let queue: QueueDefinition
    private let hasPoison: Bool
    private let isQueueMode: Bool
    private let resultCaching: ResultCaching?
    /// How many numbers there are: few, so that many ask for the same, or enough for each to have its own.
    private let numberCount: Int
    private let state = Mutex(State())

    /// The length of the time in which things go wrong.
    private static let chaos = Duration.seconds(20)
    /// The largest message that the broker takes: all but a long answer.
    private static let limits: TransportFaults = {
        var faults = TransportFaults()
        faults.maximumByteCount = SimulatedModel.longAnswer.utf8.count
        return faults
    }()
    /// For requests that have to be answered whatever happens.
    private static let patience = Duration.seconds(36_000)

    init(seed: UInt64) {
        executor = SimulatedExecutor(seed: seed)
        server = InMemoryServer(executor: executor)
        queue = QueueDefinition(name: "queue")
        var randomness = ExecutorRandomness(executor)
        hasPoison = Int.random(in: 0..<3, using: &randomness) == 0
        isQueueMode = !hasPoison && Int.random(in: 0..<4, using: &randomness) == 0
        let timeToLive = Duration.seconds(Int.random(in: 0...5, using: &randomness))
        resultCaching = Bool.random(using: &randomness) ? ResultCaching(model: "double", version: "1", timeToLive: timeToLive) : nil
        numberCount = resultCaching == nil ? 1_000 : Int.random(in: 1...10, using: &randomness)
    }

    /// Runs the world to its end.
    ///
    /// - Returns: How many requests were answered.
    func run() throws -> Int {
        try executor.run {
            try await self.live()
            return self.state.withLock { $0.answered }
        }
    }

    private func random(_ range: ClosedRange<Int>) -> Int {
        var randomness = ExecutorRandomness(executor)
        return Int.random(in: range, using: &randomness)
    }

    private func randomTime(upTo limit: Duration) -> Duration {
        .milliseconds(random(0...Int(limit.components.seconds) * 1_000))
    }

    /// `SIMULATION_LOG=1` shows what happens.
    private static let isLogged = ProcessInfo.processInfo.environment["SIMULATION_LOG"] != nil

    private func logger(_ party: String) -> Logger {
        guard Self.isLogged else { return Logger(label: party) { _ in SwiftLogNoOpLogHandler() } }
        var logger = Logger(label: party) { StreamLogHandler.standardError(label: $0) }
        logger.logLevel = .trace
        logger[metadataKey: "now"] = .stringConvertible(SimulatedNow(executor: executor))
        return logger
    }

    // MARK: The course of events

    private func live() async throws {
        // Some consumer has been there before, so that nobody asks in vain.
        _ = try await server.transport().broker.declare(queue)
        try await withThrowingTaskGroup(of: Void.self) { everything in
            for _ in 0..<random(1...3) { everything.addTask { try await self.host() } }
            if !isQueueMode, random(0...1) == 0 { everything.addTask { try await self.loseRecords() } }
            if random(0...1) == 0 { everything.addTask { try await self.deleteQueues() } }
            try await withThrowingTaskGroup(of: Void.self) { clients in
                for number in 0..<random(1...2) { clients.addTask { try await self.runClient(number) } }
                clients.addTask {
                    try await self.executor.sleep(for: Self.chaos)
                    self.calmDown()
                }
                try await clients.waitForAll()
            }
            try await checkQueues()
            everything.cancelAll()
            for transport in state.withLock({ $0.transports }) { transport.kill() }
        }
    }

    private func calmDown() {
        let transports = state.withLock { state in
            state.isCalm = true
            return state.transports
        }
        var faults = Self.limits
        faults.latency = .microseconds(100) ... .milliseconds(2)
        for transport in transports { transport.setFaults(faults) }
    }

    private var isCalm: Bool { state.withLock { $0.isCalm } }

    private func makeTransport(isConsumer: Bool = false) -> UnreliableTransport {
        var faults = TransportFaults.everything
        faults.maximumByteCount = Self.limits.maximumByteCount
        // A client whose request is refused is done with it, a consumer is not.
        if isConsumer { faults.refusedPublishes = 0.03 }
        if isCalm { faults = faults.calmed }
        let transport = UnreliableTransport(on: executor, faults: faults) { [server] in server.transport() }
        state.withLock { $0.transports.append(transport) }
        return transport
    }

    /// Deletes queues in which nothing waits, as somebody does who tidies up.
    private func deleteQueues() async throws {
        let derived = [".suspects", ".retry.125", ".retry.250", ".retry.375", ".retry.500"].map { queue.name + $0 }
        while !isCalm {
            try await executor.sleep(for: randomTime(upTo: .seconds(5)))
            let name = derived[random(0...derived.count - 1)]
            if !isCalm { await server.deleteQueue(name, ifUnused: true) }
        }
    }

    private func loseRecords() async throws {
        while !isCalm {
            try await executor.sleep(for: randomTime(upTo: .seconds(10)))
            if !isCalm { await server.loseRecords() }
        }
    }

    // MARK: Consumers

    /// A machine on which a consumer is started again whenever it has ended.
    private func host() async throws {
        while true {
            let transport = makeTransport(isConsumer: true)
            var configuration = ConsumerConfiguration(queue: queue, prefetch: random(1...10), gracefulShutdownSignals: [])
            configuration.retries = RetryPolicy(baseDelay: .milliseconds(500), maximumDelay: .seconds(5))
            // Where nothing but the poison ends consumers, nothing but the poison may be found guilty.
            configuration.maximumCrashes = hasPoison ? random(3...4) : 3
            let runner = ConsumerRunner(
                SimulatedModel(executor: executor, transport: transport, resultCaching: resultCaching), transport: transport,
                configuration: configuration, logger: logger("consumer"))
            try await runUntilItEnds(runner, transport)
            try await executor.sleep(for: randomTime(upTo: .seconds(2)))
        }
    }

    private func runUntilItEnds(_ runner: ConsumerRunner, _ transport: UnreliableTransport) async throws {
        let (life, isDrained) = (randomTime(upTo: .seconds(10)), random(0...1) == 0)
        try await testGracefulShutdown { trigger in
            try await withThrowingTaskGroup(of: Void.self) { group in
                group.addTask { try? await runner.run() }
                group.addTask { try await self.watchForDeath(of: transport) }
                group.addTask {
                    try await self.executor.sleep(for: life)
                    while self.hasPoison || self.isCalm { try await self.executor.sleep(for: .seconds(3_600)) }
                    if isDrained { return trigger.triggerGracefulShutdown() }
                    transport.kill()
                }
                // The end of the chaos does not end it, a kill does, and so does a drain that is over.
                defer { group.cancelAll() }
                try await group.next()
                if isDrained, !transport.isClosed { try await group.next() }
            }
        }
    }

    private func watchForDeath(of transport: UnreliableTransport) async throws {
        while !transport.isClosed { try await executor.sleep(for: .milliseconds(50)) }
    }

    // MARK: Clients

    private func runClient(_ client: Int) async throws {
        var configuration = ProducerConfiguration(route: Route(routingKey: queue.name), resultMode: isQueueMode ? .queue : .store)
        configuration.maximumInFlight = random(1...8)
        if random(0...1) == 0 {
            configuration.coalescing = Coalescing(maximumCount: random(2...5), window: randomTime(upTo: .milliseconds(500)))
        }
        let client = (
            client,
            ProducerClient<SimulatedInput, String>(transport: makeTransport(), configuration: configuration, logger: logger("client"))
        )
        try await withThrowingTaskGroup(of: Void.self) { group in
            for number in 0..<random(1...8) {
                group.addTask {
                    try await self.executor.sleep(for: self.randomTime(upTo: Self.chaos - .seconds(2)))
                    try await self.ask(client.1, (100 * client.0 + number) % self.numberCount)
                }
            }
            try await group.waitForAll()
        }
        await client.1.shutdown()
    }

    private func ask(_ client: ProducerClient<SimulatedInput, String>, _ number: Int) async throws {
        switch random(0...9) {
        case 0: try await expectRefusal(client, .bad(number), .invalidInput)
        case 1 where hasPoison: try await expectRefusal(client, .poison(number), .crashed)
        case 2: try await expectAnswerOrFailure(client, .flaky(number), is: "\(2 * number)")
        case 3: try await expectAnswerInTime(client, number)
        case 4: try await expectAnswerUnlessCancelled(client, number)
        case 5: try await expectAnswers(client, (0...random(1...4)).map { number * 10 + $0 })
        case 6 where isQueueMode: try await expectRefusal(client, .long(number), .tooLarge)
        case 6: try await expectAnswerToTicket(client, number)
        default: try await expectAnswer(client, number)
        }
        state.withLock { $0.answered += 1 }
    }

    private func check(_ condition: Bool, _ what: @autoclosure () -> String) throws {
        if !condition { throw Flaw(description: "\(what()) at \(executor.elapsed)") }
    }

    private func expectAnswer(_ client: ProducerClient<SimulatedInput, String>, _ number: Int) async throws {
        let answer = try await client.predict(.good(number), timeout: Self.patience)
        try check(answer == "\(2 * number)", "\(number) was answered with \(answer)")
    }

    private func expectAnswers(_ client: ProducerClient<SimulatedInput, String>, _ numbers: [Int]) async throws {
        let outcomes = try await client.predict(batch: numbers.map { .good($0) }, timeout: Self.patience)
        let answers = try outcomes.map { try $0.get() }
        try check(answers == numbers.map { "\(2 * $0)" }, "\(numbers) were answered with \(answers)")
    }

    private func expectRefusal(_ client: ProducerClient<SimulatedInput, String>, _ input: SimulatedInput, _ code: ServingError.Code)
        async throws
    {
        state.withLock { _ = $0.deadLettersExpected.insert(input) }
        do {
            let answer = try await client.predict(input, timeout: Self.patience)
            try check(false, "\(input) was answered with \(answer)")
        } catch let error as ServingError {
            try check(error.code == code, "\(input) failed with \(error)")
        }
    }

    private func expectAnswerOrFailure(_ client: ProducerClient<SimulatedInput, String>, _ input: SimulatedInput, is expected: String)
        async throws
    {
        do {
            let answer = try await client.predict(input, timeout: Self.patience)
            try check(answer == expected, "\(input) was answered with \(answer)")
        } catch let error as ServingError {
            try check(error.code == .predictionFailed, "\(input) failed with \(error)")
        }
    }

    private func expectAnswerInTime(_ client: ProducerClient<SimulatedInput, String>, _ number: Int) async throws {
        let (timeout, start) = (randomTime(upTo: .seconds(3)) + .milliseconds(1), executor.elapsed)
        do {
            let answer = try await client.predict(.good(number), timeout: timeout)
            try check(answer == "\(2 * number)", "\(number) was answered with \(answer)")
        } catch let error as ServingError {
            try check([.expired, .unavailable, .overloaded].contains(error.code), "\(number) failed with \(error)")
        }
        try check(executor.elapsed - start <= timeout, "\(number) took \(executor.elapsed - start), not \(timeout)")
    }

    private func expectAnswerUnlessCancelled(_ client: ProducerClient<SimulatedInput, String>, _ number: Int) async throws {
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask {
                do { try await self.expectAnswer(client, number) } catch is CancellationError {}
            }
            try await executor.sleep(for: randomTime(upTo: .seconds(2)))
            group.cancelAll()
            try await group.waitForAll()
        }
    }

    /// Whoever submits waits for nobody, so the result may be lost with the store's data.
    private func expectAnswerToTicket(_ client: ProducerClient<SimulatedInput, String>, _ number: Int) async throws {
        let ticket: Ticket
        do {
            ticket = try await client.submit(.good(number), timeout: Self.patience)
        } catch let error as ServingError {
            return try check(error.code == .overloaded, "\(number) was not taken: \(error)")
        }
        do {
            let answer = try await client.result(of: ticket, timeout: .seconds(60))
            try check(answer == "\(2 * number)", "\(number) was answered with \(answer)")
        } catch let error as ServingError {
            try check([.expired, .unavailable].contains(error.code), "\(number) failed with \(error)")
        }
    }

    // MARK: What is left

    /// A queue that was deleted is empty.
    private func depth(of queue: String) async throws -> Int {
        do {
            return try await server.transport().broker.status(of: queue).depth
        } catch let error as TransportError where error.code == .notFound {
            return 0
        }
    }

    /// Whatever is settled leaves nothing behind but dead letters, each of which is there.
    private func checkQueues() async throws {
        let transport = server.transport()
        for name in [queue.name, queue.name + ".suspects"] {
            var rounds = 0
            // Requests that nobody waits for are worked off; suspects one after the other.
            while try await depth(of: name) > 0 {
                rounds += 1
                try check(rounds < 600, "\(name) is not worked off")
                try await executor.sleep(for: .seconds(1))
            }
        }
        let expected = state.withLock { $0.deadLettersExpected }
        guard !expected.isEmpty else { return }
        let letters = try await transport.broker.consume(queue.name + ".dead-letters", prefetch: 10_000)
        var found: Set<SimulatedInput> = []
        while !expected.isSubset(of: found) {
            for letter in try await letters.next() {
                if let input = try? MessagePackCodec().decode(SimulatedInput.self, from: letter.message.body[...]) { found.insert(input) }
            }
        }
    }
}

/// The virtual time of a line of the log.
private struct SimulatedNow: CustomStringConvertible {
    let executor: SimulatedExecutor

    var description: String { "\(executor.elapsed)" }
}
