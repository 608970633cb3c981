internal import EventLoop
internal import Logging
internal import Synchronization

/// The connection of a client: made by the first call that needs it, ended by shutdown or with the client.
final class ProducerSession: Sendable {
    typealias MakeConfiguration = @Sendable () async throws -> (ProducerConfiguration, any Transport)

    private enum State {
        case idle
        case starting(Task<ProducerEngine, any Error>)
        case running(ProducerEngine, Task<Void, any Error>)
        case closed
    }

    private static let closed = ServingError(code: .closed, message: "the client has been shut down")

    private let makeConfiguration: MakeConfiguration
    /// Where the transport lives, if that is known before there is one.
    private let executor: (any TimedExecutor)?
    private let logger: Logger
    private let state = Mutex(State.idle)

    init(logger: Logger, executor: (any TimedExecutor)?, makeConfiguration: @escaping MakeConfiguration) {
        self.executor = executor
        self.logger = logger.harmless
        self.makeConfiguration = makeConfiguration
    }

    deinit {
        // Nobody can wait for the end any more; what runs is told to.
        if case .running(_, let task) = state.withLock({ $0 }) { task.cancel() }
    }

    /// The running engine, started if need be.
    ///
    /// - Throws: What is wrong with the configuration, or ``ServingError`` with `closed` after ``shutdown()``.
    func engine() async throws -> ProducerEngine {
        let starting: Task<ProducerEngine, any Error>? = try state.withLock { state in
            switch state {
            case .running: return nil
            case .starting(let task): return task
            case .closed: throw Self.closed
            case .idle:
                let task = Task(executorPreference: executor) { [makeConfiguration, logger] in
                    let (configuration, transport) = try await makeConfiguration()
                    return ProducerEngine(transport: transport, configuration: configuration, logger: logger)
                }
                state = .starting(task)
                return task
            }
        }
        guard let starting else {
            // Only a shutdown or a failed run leaves this state, and then a fresh look tells what to do.
            if case .running(let engine, _) = state.withLock({ $0 }) { return engine }
            return try await self.engine()
        }
        do {
            return try adopt(try await starting.value)
        } catch {
            try state.withLock { state in
                if case .starting = state { state = .idle }
                if case .closed = state { throw Self.closed }
            }
            throw error
        }
    }

    /// Starts a new engine's run, unless another caller has done so.
    private func adopt(_ engine: ProducerEngine) throws -> ProducerEngine {
        try state.withLock { state in
            // Shut down in the meantime: nobody would run this engine.
            if case .closed = state { throw Self.closed }
            guard case .starting = state else { return }
            let task = Task(executorPreference: engine.executor) { [weak self] in
                defer { self?.ended(engine) }
                try await engine.run()
            }
            state = .running(engine, task)
        }
        return engine
    }

    /// After a run that failed the next call starts afresh.
    private func ended(_ engine: ProducerEngine) {
        state.withLock { state in
            if case .running(let running, _) = state, running === engine { state = .idle }
        }
    }

    /// Waits until the run ends, by itself or by ``shutdown()``.
    func waitForEnd() async throws {
        do {
            _ = try await engine()
        } catch let error as ServingError where error.code == .closed {
            return
        }
        guard case .running(_, let task) = state.withLock({ $0 }) else { return }
        try await task.value
    }

    /// Closes the connection; requests under way fail with `closed`.
    func shutdown() async {
        let running: (engine: ProducerEngine, task: Task<Void, any Error>)? = state.withLock { state in
            defer { state = .closed }
            if case .starting(let task) = state { task.cancel() }
            if case .running(let engine, let task) = state { return (engine, task) }
            return nil
        }
        guard let running else { return }
        await running.engine.finishMarking(within: .seconds(3))
        running.task.cancel()
        _ = await running.task.result
    }
}
