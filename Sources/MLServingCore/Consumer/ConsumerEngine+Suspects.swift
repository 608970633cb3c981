internal import EventLoop

/// Requests that were under way when a consumer was lost, any of which may be what it was lost for (G6).
///
/// They move to a queue of their own, from which each consumer takes one at a time. A mark in the store, written before the prediction begins
/// and removed when the request is done with, tells those that began in vain from those that only waited.
extension ConsumerEngine {
    /// Moves a request to the suspects.
    func setAside(_ request: ActiveRequest) {
        request.leave()
        forgetIdentity(of: request)
        let route = Route(routingKey: configuration.queue.suspectQueue.name)
        transport.broker.publish(request.suspect(at: executor.now), to: route) { [weak self] result in
            self?.assumeIsolated { $0.setAside(request, result) }
        }
    }

    private func setAside(_ request: ActiveRequest, _ result: Result<Void, TransportError>) {
        guard requests[request.key] != nil, phase != .stopped else { return }
        switch result {
        case .success:
            telemetry.setAside(request)
            settle([request])
        case .failure(let error):
            telemetry.retrying("suspect", request, error)
            after(.milliseconds(100)) { $0.setAside(request) }
        }
    }

    /// What is known against a suspect.
    struct Suspicion {
        /// How many consumers have been lost that had begun on it; the loss that made it a suspect is the first.
        let crashes: Int
        /// The key that says that one more is about to begin.
        let mark: String?
    }

    /// Counts how many consumers a suspect may have cost, and marks that one more is about to begin on it.
    func markSuspect(_ delivery: Delivery) async -> Suspicion {
        // Without marks the broker's count has to do. It counts consumers that ended in good order, too.
        let unmarked = Suspicion(crashes: 1 + delivery.deliveryCount / 4, mark: nil)
        guard case .store(let key)? = ResultDestination(delivery.message) else { return unmarked }
        let marks = suspectMarks(of: key)
        while phase == .consuming {
            do {
                let begun = try await transport.store.contains(marks).prefix { $0 }.count
                guard begun < marks.count else { return Suspicion(crashes: 1 + begun, mark: nil) }
                _ = try await transport.store.put([StoreEntry(key: marks[begun], value: [1], timeToLive: .seconds(86_400))])
                return Suspicion(crashes: 1 + begun, mark: marks[begun])
            } catch let error as TransportError where error.code == .refused {
                telemetry.storeFailed(entries: 1, error)
                return unmarked
            } catch {
                // The result could not be stored either.
                telemetry.storeFailed(entries: 1, error)
                try? await executor.sleep(until: executor.now + .milliseconds(100))
            }
        }
        return Suspicion(crashes: 1, mark: nil)
    }

    /// Removes the marks of requests that are done with.
    func clearSuspectMarks(of done: [ActiveRequest]) {
        for request in done where request.deliveries.contains(where: { $0.intake == .suspects }) {
            if case .store(let key)? = request.destination { transport.store.remove(suspectMarks(of: key)) }
        }
    }

    private func suspectMarks(of resultKey: String) -> [String] {
        (1..<configuration.maximumCrashes).map { "mlserving:suspect:{\(configuration.queue.name)}:\($0):\(resultKey)" }
    }
}
