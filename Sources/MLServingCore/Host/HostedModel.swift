internal import Logging
internal import Synchronization

/// A model in a host: its program, its health, and the consumer that serves it while the host runs.
final class HostedModel: Sendable {
    /// Its name; `nil`: that of whatever the host's own queue is for.
    let address: ModelAddress?
    let health = ConsumerHealth()
    private let program: PredictionProgram
    let options: ServingOptions
    private let engine = Mutex<ConsumerEngine?>(nil)

    init(_ predictor: some Predictor, as address: ModelAddress?, options: ServingOptions = ServingOptions()) {
        self.address = address
        self.options = options
        program = PredictionProgram(predictor, isQuick: options.isQuick)
    }

    /// The consumer that serves it, while there is one.
    var currentEngine: ConsumerEngine? { engine.withLock { $0 } }

    /// Makes the consumer of a run.
    func makeEngine(transport: any Transport, configuration: ConsumerConfiguration, logger: Logger) -> ConsumerEngine {
        let engine = ConsumerEngine(
            program: program, transport: transport, configuration: options.applied(to: configuration, for: address), health: health,
            logger: logger)
        self.engine.withLock { $0 = engine }
        return engine
    }

    /// Serves until drained or stopped, and releases what the predictor has loaded.
    ///
    /// - Throws: Why it cannot be served.
    func serve(by engine: ConsumerEngine) async throws {
        let result: Result<Void, any Error>
        do {
            try await engine.run()
            result = .success(())
        } catch {
            result = .failure(error)
        }
        self.engine.withLock { if $0 === engine { $0 = nil } }
        await program.unload()
        try result.get()
    }

    /// Finishes what is predicted, and ends.
    func drain() async {
        guard let engine = currentEngine else { return }
        await engine.drain(within: engine.configuration.gracePeriod)
    }

    /// Ends at once.
    func abort() async {
        await currentEngine?.abort()
    }
}
