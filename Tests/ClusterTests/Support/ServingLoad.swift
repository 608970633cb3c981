import Logging
import MLServing
import Synchronization
import Testing

/// Callers that ask a consumer one question after the other, while something happens to the servers.
final class ServingLoad: Sendable {
    /// What became of the questions.
    struct Outcome: Sendable {
        var answers = 0
        var wrongAnswers: [String] = []
        /// Clear errors, of which there may be one for each caller that waited when something happened.
        var errors: [ServingError] = []
        /// Whatever else was thrown.
        var others: [String] = []
        var longestWait = Duration.zero
    }

    private struct State {
        var outcome = Outcome()
        var isOver = false
        /// Why no more answers will come.
        var failure: (any Error)?
        var waiters: [(answers: Int, continuation: CheckedContinuation<Void, any Error>)] = []
    }

    static let callers = 8

    private let state = Mutex(State())

    /// Runs consumer and callers while `body` runs, and until every caller has heard the end of its last question.
    ///
    /// - Parameter home: The node at which the queue is declared, which leads it then.
    static func run(
        settings: ServingSettings, queue: QueueDefinition, home: TestNode = TestClusters.rabbit[0], keyPrefix: String = "mlserving",
        _ body: (ServingLoad) async throws -> Void
    ) async throws -> Outcome {
        try await TestClusters.untilRabbitIsWhole()
        try await declare(queue, at: home)
        var configuration = ConsumerConfiguration(queue: queue, prefetch: 64, gracefulShutdownSignals: [])
        configuration.deadLetterQueue = nil
        configuration.answers = AnswerPolicy(keyPrefixes: [keyPrefix])
        let runner = ConsumerRunner(
            Doubler(), transport: ServerTransport(settings: settings, name: "consumer", logger: TestClusters.quietLogger),
            configuration: configuration, logger: TestClusters.quietLogger
        )
        let client = ProducerClient<Int, Int>(
            transport: ServerTransport(settings: settings, name: "producer", logger: TestClusters.quietLogger),
            configuration: ProducerConfiguration(route: Route(routingKey: queue.name), keyPrefix: keyPrefix),
            logger: TestClusters.quietLogger
        )
        let load = ServingLoad()
        return try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask {
                do { try await runner.run() } catch { load.cancelWaiters(because: error) }
            }
            defer { group.cancelAll() }
            try await withThrowingTaskGroup(of: Void.self) { callers in
                for caller in 0..<Self.callers { callers.addTask { await load.ask(client, from: caller * 1_000_000) } }
                try await load.answers(50)
                do {
                    try await body(load)
                } catch {
                    load.end()
                    throw error
                }
                load.end()
                try await callers.waitForAll()
            }
            await client.shutdown()
            return load.state.withLock { $0.outcome }
        }
    }

    private static func declare(_ queue: QueueDefinition, at home: TestNode) async throws {
        var settings = TestClusters.clusterSettings
        settings.rabbitNodes = [ServerNode(host: "127.0.0.1", port: home.port)]
        let transport = ServerTransport(settings: settings, name: "test", logger: TestClusters.quietLogger)
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { try await transport.run() }
            defer { group.cancelAll() }
            try await transport.broker.declare(queue)
        }
    }

    /// Waits for so many answers to questions that are asked from now on.
    func answers(_ count: Int) async throws {
        try await withTaskCancellationHandler {
            try await withCheckedThrowingContinuation { continuation in
                // Each caller may have one question under way.
                state.withLock { $0.waiters.append(($0.outcome.answers + Self.callers + count, continuation)) }
                let failure: (any Error)? = Task.isCancelled ? CancellationError() : state.withLock { $0.failure }
                if let failure { cancelWaiters(because: failure) }
            }
        } onCancel: {
            cancelWaiters(because: CancellationError())
        }
    }

    private func cancelWaiters(because error: any Error) {
        let waiters = state.withLock { state in
            state.failure = error
            defer { state.waiters = [] }
            return state.waiters
        }
        for waiter in waiters { waiter.continuation.resume(throwing: error) }
    }

    private func ask(_ client: ProducerClient<Int, Int>, from first: Int) async {
        var number = first
        while !state.withLock({ $0.isOver }) {
            number += 1
            let start = ContinuousClock.now
            let result = await Result { try await client.predict(number, timeout: .seconds(30)) }
            note(result, of: number, after: start.duration(to: .now))
        }
    }

    private func note(_ result: Result<Int, any Error>, of number: Int, after wait: Duration) {
        let due = state.withLock { state in
            state.outcome.longestWait = max(state.outcome.longestWait, wait)
            switch result {
            case .success(2 * number): state.outcome.answers += 1
            case .success(let answer): state.outcome.wrongAnswers.append("\(number): \(answer)")
            case .failure(let error as ServingError): state.outcome.errors.append(error)
            case .failure(let error): state.outcome.others.append("\(error)")
            }
            let answers = state.outcome.answers
            defer { state.waiters.removeAll { $0.answers <= answers } }
            return state.waiters.filter { $0.answers <= answers }.map(\.continuation)
        }
        for waiter in due { waiter.resume() }
    }

    private func end() {
        state.withLock { $0.isOver = true }
    }
}

extension Result where Failure == any Error {
    fileprivate init(_ body: () async throws -> Success) async {
        do { self = .success(try await body()) } catch { self = .failure(error) }
    }
}

/// Doubles a number.
struct Doubler: BatchPredictor {
    func predict(batch inputs: [Int]) async throws -> [Int] { inputs.map { 2 * $0 } }
}

extension ServingLoad.Outcome {
    /// Every question has ended in its one right answer, or at most in one clear error for each caller.
    func expectOneRightAnswerEach(errors permitted: Int = 0, sourceLocation: SourceLocation = #_sourceLocation) {
        #expect(wrongAnswers.isEmpty, sourceLocation: sourceLocation)
        #expect(others.isEmpty, sourceLocation: sourceLocation)
        #expect(errors.count <= permitted, "\(errors)", sourceLocation: sourceLocation)
        #expect(errors.allSatisfy { $0.isRetryable }, "\(errors)", sourceLocation: sourceLocation)
    }
}
