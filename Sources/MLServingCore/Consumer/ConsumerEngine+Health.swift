internal import EventLoop

/// What a consumer finds out about itself and its surroundings, beside its work.
extension ConsumerEngine {
    /// Has the predictor load what it needs, on a thread where it may block.
    ///
    /// - Throws: What it throws.
    func load() async throws {
        guard phase == .consuming else { return }
        health.note { $0.beginWarmUp() }
        let done = Mailbox<Result<Void, any Error>>()
        let thread = executor.makeThreads(count: 1, name: "mlserving-load")
        let task = Task(executorPreference: thread) { [program] in
            do {
                done.append(.success(try await program.load()))
            } catch {
                done.append(.failure(error))
            }
        }
        // Among the predictions, so that it is cancelled, and waited for or not, as they are.
        predictions[0] = Prediction(task: task, work: [], began: executor.now)
        let results = try await done.next()
        predictions[0] = nil
        if phase == .stopped { throw CancellationError() }
        for result in results { try result.get() }
        health.note { $0.endWarmUp(at: executor.now) }
    }

    /// Predicts the predictor's warm-up inputs on a prediction thread, before anything is consumed.
    ///
    /// - Throws: ``ServingError`` with the first that failed: whoever cannot predict what it proposes itself must not take requests.
    func warmUp() async throws {
        guard program.warmUpCount > 0, phase == .consuming else { return }
        let start = executor.now
        health.note { activity in
            activity.beginWarmUp()
            activity.predictionBegan(0, at: start)
        }
        let done = Mailbox<[ResultRecord.Outcome]>()
        let task = Task(executorPreference: threads) { [program] in done.append(await program.warmUp()) }
        // Among the others, so that it is cancelled, and waited for or not, as they are.
        predictions[0] = Prediction(task: task, work: [], began: start)
        let outcomes = try await done.next().flatMap { $0 }
        predictions[0] = nil
        // What a cancelled prediction came to says nothing of the predictor.
        if phase == .stopped { throw CancellationError() }
        let failures = outcomes.compactMap { outcome in
            if case .failure(let error) = outcome { error } else { nil }
        }
        health.note { activity in
            activity.predictionEnded(0, succeeded: failures.isEmpty, at: executor.now)
            activity.endWarmUp(at: executor.now)
        }
        if let failure = failures.first {
            throw ServingError(code: failure.code, message: "a warm-up input could not be predicted: \(failure.message)")
        }
        telemetry.warmedUp(inputs: program.warmUpCount, after: executor.now - start)
    }

    /// Shows that the engine's thread does its work, and tells what the engine holds.
    func giveSigns() async {
        while phase != .stopped {
            let now = executor.now
            health.note { $0.sign(at: now) }
            let oldest = requests.values.map { $0.queued + (now - $0.accepted) }.max()
            gauges.record(heldRequests: requests.count, oldest: oldest ?? .zero)
            gauges.record(isRegistered: health.report(at: now).isRegistered)
            guard await sleep(for: configuration.statusInterval) else { return }
        }
    }

    /// Looks at the connections, so that whoever asks for the consumer's health hears within a second or two of one that is lost.
    func watchConnections() async {
        repeat {
            let connections = await transport.connections
            health.note { $0.observed(connections) }
            gauges.record(connections)
        } while await sleep(for: min(.seconds(1), configuration.statusInterval))
    }

    /// Tries whether the store takes results, if they go there.
    ///
    /// - Throws: ``TransportError`` with `notPermitted` when the user has not been able to store results yet, and has no right to.
    func watchStore() async throws {
        guard configuration.usesStore else { return }
        var hasServed = false
        repeat {
            health.note { $0.storeAsked(at: executor.now) }
            do {
                try await transport.store.probe()
                hasServed = true
                health.note { $0.storeAnswered(nil) }
                grant(.store)
            } catch {
                if phase == .stopped { return }
                if let error = error as? TransportError, error.code == .notPermitted {
                    if !hasServed { throw error }
                    lack(.store, error)
                }
                health.note { $0.storeAnswered("\(error)") }
            }
        } while await sleep(for: min(.seconds(2), configuration.statusInterval))
    }

    /// Asks from time to time what is in the queue. A server that is away is waited for.
    func watchServers() async {
        while await sleep(for: configuration.statusInterval) {
            // Before the consumer has its queue there is nothing to ask for.
            guard phase == .consuming, health.report(at: executor.now).isRegistered else { continue }
            do {
                let status = try await transport.broker.status(of: configuration.queue.name)
                health.note { $0.observed(status, at: executor.now) }
                gauges.record(status)
            } catch {
                telemetry.statusUnknown(error)
            }
            await restoreRoute()
        }
    }

    /// Makes the way from the exchange to the queue again if it has been deleted.
    private func restoreRoute() async {
        do {
            try await transport.broker.restoreRoute(to: configuration.queue.name)
            health.note { $0.routeAnswered(nil) }
        } catch let error as TransportError where !error.isTemporary {
            if health.report(at: executor.now).readinessProblems.allSatisfy({ $0.code != .unroutable }) { telemetry.hasNoRoute(error) }
            health.note { $0.routeAnswered("\(error)") }
        } catch {
            // Away: the connection's state tells.
        }
    }

    /// Tries whether this consumer may publish: replies, dead letters and further attempts need it.
    ///
    /// - Throws: ``TransportError`` with `notPermitted` when the user has not been able to publish yet, and has no right to.
    func watchPublishing() async throws {
        var hasServed = false
        repeat {
            do {
                try await transport.broker.checkPublishing()
                hasServed = true
                grant(.broker)
            } catch let error as TransportError where error.code == .notPermitted {
                if phase == .stopped { return }
                if !hasServed { throw error }
                lack(.broker, error)
            } catch {
                // Away: the connection's state tells.
            }
        } while await sleep(for: min(rights.isMissing(.broker) ? .seconds(2) : .seconds(5), configuration.statusInterval))
    }

    /// Waits for the next look; `false` when there is none.
    func sleep(for interval: Duration) async -> Bool {
        (try? await executor.sleep(until: executor.now + interval)) != nil && phase != .stopped
    }
}
