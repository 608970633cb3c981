internal import EventLoop

/// Stores a consumer's results, what is ready in one round trip, as ``PendingResults`` decides.
///
/// It runs on the consumer's executor, so that neither a result nor its outcome costs a thread hop.
actor ResultWriter {
    nonisolated let executor: any TimedExecutor
    nonisolated var unownedExecutor: UnownedSerialExecutor { executor.asUnownedSerialExecutor() }

    private let store: any ResultStore
    private let telemetry: ConsumerTelemetry
    private var pending = PendingResults()
    private var generator: ExecutorRandomness
    private var waiter: CheckedContinuation<Void, Never>?
    private var timer: LoopTimer?
    private var isStopped = false

    init(store: any ResultStore, executor: any TimedExecutor, telemetry: ConsumerTelemetry) {
        self.store = store
        self.executor = executor
        self.telemetry = telemetry
        generator = ExecutorRandomness(executor)
    }

    /// Has a record stored.
    ///
    /// - Parameters:
    ///   - request: The request that it answers; `nil` for an output that is kept for later inputs.
    ///   - expiry: Until when to try.
    func add(_ entry: StoreEntry, of request: UInt64?, until expiry: ContinuousClock.Instant) {
        pending.add(entry, of: request, until: expiry)
        // Resumes when this turn is over, so that all that comes of it leaves together.
        wake()
    }

    /// Writes until stopped.
    ///
    /// - Parameter judged: Is told on the executor what has become of the records of requests.
    func run(_ judged: @escaping @Sendable ([PendingResults.Verdict]) -> Void) async {
        while !isStopped, !Task.isCancelled {
            report(pending.expire(at: executor.now), to: judged)
            switch pending.next(at: executor.now) {
            case .write(let items):
                guard let result = await write(items) else { return }
                let verdicts = pending.finish(items, result, at: executor.now, using: &generator)
                if let error = result.firstTemporaryError, pending.isWorthLogging { telemetry.storeFailed(entries: items.count, error) }
                report(verdicts, to: judged)
            case .wait(let until):
                timer = executor.schedule(at: until) { [weak self] in self?.assumeIsolated { $0.wake() } }
                await wait()
                timer?.cancel()
            case .idle:
                await wait()
            }
        }
    }

    /// Ends ``run(_:)``; what is not stored stays so.
    func stop() {
        isStopped = true
        wake()
    }

    private func wait() async {
        // The look and the wait are one step: nothing can arrive in between.
        await withCheckedContinuation { continuation in
            if isStopped { continuation.resume() } else { waiter = continuation }
        }
    }

    private func wake() {
        waiter.take()?.resume()
    }

    /// Writes records; `nil` when cancelled.
    private func write(_ items: [PendingResults.Item]) async -> Result<[StoreOutcome], TransportError>? {
        do {
            return .success(try await attributed(try await store.write(items.map(\.entry))))
        } catch let error as TransportError {
            return .failure(error)
        } catch is CancellationError {
            return nil
        } catch {
            return .failure(TransportError(code: .unavailable, message: "\(error)"))
        }
    }

    /// Tells refusals of single records from a user who may store nothing: then the probe is refused, too.
    private func attributed(_ outcomes: [StoreOutcome]) async throws -> [StoreOutcome] {
        guard outcomes.contains(where: \.isRefused) else { return outcomes }
        do {
            try await store.probe()
        } catch let error as TransportError where error.code == .notPermitted {
            return outcomes.map { $0.isRefused ? .failed(error) : $0 }
        } catch let error as TransportError {
            // Not known: what was refused is written again, and then judged.
            return outcomes.map { $0.isRefused && error.isTemporary ? .failed(error) : $0 }
        }
        return outcomes
    }

    private func report(_ verdicts: [PendingResults.Verdict], to judged: @Sendable ([PendingResults.Verdict]) -> Void) {
        if !verdicts.isEmpty { judged(verdicts) }
    }
}

extension Result<[StoreOutcome], TransportError> {
    /// An error that stands for those that are worth another try.
    fileprivate var firstTemporaryError: TransportError? {
        switch self {
        case .failure(let error):
            return error
        case .success(let outcomes):
            for case .failed(let error) in outcomes where error.isTemporary || error.code == .notPermitted { return error }
            return nil
        }
    }
}

extension StoreOutcome {
    fileprivate var isRefused: Bool {
        if case .failed(let error) = self { error.code == .refused } else { false }
    }
}
