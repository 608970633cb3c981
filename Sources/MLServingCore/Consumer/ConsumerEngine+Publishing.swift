internal import EventLoop

/// Messages out: one retry for all that a consumer publishes.
extension ConsumerEngine {
    /// Publishes until the broker has taken the message, or until another try cannot help.
    ///
    /// - Parameter completion: Told of the end, on the engine's executor; not at all when the engine has stopped before.
    func publish(
        _ publication: Publication, of request: ActiveRequest,
        then completion: @escaping @Sendable (isolated ConsumerEngine, Result<Void, TransportError>) -> Void
    ) {
        guard let queue = publication.queue, !declared.contains(queue.name) else {
            return transport.broker.publish(publication.message, to: publication.route) { [weak self] result in
                self?.assumeIsolated { $0.published(publication, of: request, result, then: completion) }
            }
        }
        Task(executorPreference: executor) { await self.declare(queue, for: publication, of: request, then: completion) }
    }

    private func declare(
        _ queue: QueueDefinition, for publication: Publication, of request: ActiveRequest,
        then completion: @escaping @Sendable (isolated ConsumerEngine, Result<Void, TransportError>) -> Void
    ) async {
        do {
            try await transport.broker.declare(queue)
            declared.insert(queue.name)
            publish(publication, of: request, then: completion)
        } catch var error as TransportError {
            // Why the queue cannot be made is no fault of the letter, which is kept until it can.
            if publication.purpose == .deadLetter, !error.isTemporary { error.code = .notFound }
            published(publication, of: request, .failure(error), then: completion)
        } catch {
            // Cancelled: the engine stops.
        }
    }

    private func published(
        _ publication: Publication, of request: ActiveRequest, _ result: Result<Void, TransportError>,
        then completion: @escaping @Sendable (isolated ConsumerEngine, Result<Void, TransportError>) -> Void
    ) {
        guard phase != .stopped, requests[request.key] != nil else { return }
        guard case .failure(let error) = result else { return completion(self, result) }
        if error.code == .notPermitted {
            return withhold(WithheldPublication(publication: publication, request: request, completion: completion), because: error)
        }
        var next = publication
        guard case .retry(let delay, let isDeclaring) = next.failed(with: error, at: executor.now, using: &generator) else {
            return completion(self, result)
        }
        // Somebody has deleted it.
        if isDeclaring, let queue = publication.queue { declared.remove(queue.name) }
        if next.backoff.isWorthLogging { telemetry.retrying(publication.purpose.rawValue, request, error) }
        after(delay) { [next] in
            if $0.phase != .stopped { $0.publish(next, of: request, then: completion) }
        }
    }
}
