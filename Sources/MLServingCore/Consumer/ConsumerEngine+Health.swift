internal import EventLoop

/// What a consumer finds out about itself and its surroundings, beside its work.
extension ConsumerEngine {
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

    /// Tries whether the store takes results, if they go there, by writing a mark that nobody reads.
    func watchStore() async {
        guard configuration.usesStore else { return }
        let name = String(generator.next(), radix: 16)
        var number = 0
        repeat {
            number += 1
            let entry = StoreEntry(
                key: "mlserving:suspect:{\(configuration.queue.name)}:probe-\(name)-\(number)", value: [1], timeToLive: .seconds(5))
            health.note { $0.storeAsked(at: executor.now) }
            do {
                _ = try await transport.store.put([entry])
                health.note { $0.storeAnswered(nil) }
            } catch {
                if phase == .stopped { return }
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
        }
    }

    /// Waits for the next look; `false` when there is none.
    private func sleep(for interval: Duration) async -> Bool {
        (try? await executor.sleep(until: executor.now + interval)) != nil && phase != .stopped
    }
}
