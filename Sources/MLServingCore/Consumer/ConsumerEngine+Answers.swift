internal import EventLoop

/// Results out: each request goes back to the queue for another attempt, or is answered; what failed for good rests with the dead letters first.
extension ConsumerEngine {
    func complete(_ request: ActiveRequest) {
        request.leave()
        landAll(ledBy: request)
        if suspects.first?.request == request.key {
            suspects.removeFirst()
            // What ends the process from now on is not its doing.
            clearSuspectMarks(of: [request])
            // Others have waited for it. Not within this call, which a dispatch may have made.
            executor.execute { [weak self] in self?.assumeIsolated { $0.dispatch() } }
        }
        if retry(request) { return }
        telemetry.completed(request)
        if let foreign = request.foreign, let outcome = request.outcomes.first ?? nil {
            foreign.notice(.ended(outcome, predicting: request.predicting))
        }
        layToRest(request)
    }

    // MARK: Another attempt

    /// Sends a request that failed through a queue that gives it back after a while; `false` when it has to be answered now (G5).
    private func retry(_ request: ActiveRequest) -> Bool {
        guard let reason = request.retryReason, let next = configuration.retries.delay(after: request.attempts + 1, using: &generator)
        else {
            return false
        }
        // Whoever waits would not see the result of another attempt.
        if let deadline = request.deadline, deadline <= executor.now + next.delay { return false }
        let queue = configuration.queue.retryQueue(slice: next.slice)
        let message = request.retry(after: next.delay, because: reason, unixMilliseconds: executor.unixMilliseconds)
        forgetIdentity(of: request)
        telemetry.retries(request, reason, after: next.delay)
        request.foreign?.notice(.retried(because: reason))
        Task(executorPreference: executor) {
            await self.answer(request, beforeRetryAfter: reason)
            await self.retry(request, message, in: queue)
        }
        return true
    }

    private func retry(_ request: ActiveRequest, _ message: Message, in queue: QueueDefinition) async {
        while phase != .stopped {
            do {
                if declared.insert(queue.name).inserted { try await transport.broker.declare(queue) }
                try await transport.broker.publish(message, to: Route(routingKey: queue.name))
                return settle([request])
            } catch {
                declared.remove(queue.name)
                guard let error = error as? TransportError, error.isTemporary else {
                    telemetry.notRetried(request, error)
                    return layToRest(request)
                }
                telemetry.retrying("retry", request, error)
                try? await executor.sleep(until: executor.now + .milliseconds(100))
            }
        }
    }

    // MARK: Dead letters

    /// Keeps what nobody can serve in the dead-letter queue, then answers.
    func layToRest(_ request: ActiveRequest) {
        guard !request.isDeadLettered, let reason = request.deadLetterReason, let queue = configuration.deadLetterQueue else {
            return answer(request)
        }
        let letter = request.deadLetter(because: reason, from: configuration.queue.name, unixMilliseconds: executor.unixMilliseconds)
        transport.broker.publish(letter, to: Route(routingKey: queue.name)) { [weak self] result in
            self?.assumeIsolated { $0.deadLettered(request.key, result) }
        }
    }

    private func deadLettered(_ key: UInt64, _ result: Result<Void, TransportError>) {
        guard let request = requests[key], phase != .stopped else { return }
        if case .failure(let error) = result, error.isTemporary {
            telemetry.retrying("dead-letter", request, error)
            return after(.milliseconds(100)) { $0.layToRest(request) }
        }
        if case .success = result { request.isDeadLettered = true }
        telemetry.deadLettered(request, result)
        answer(request)
    }

    // MARK: Answers

    private func answer(_ request: ActiveRequest) {
        switch request.destination {
        case .store:
            store(request)
        case .reply(let queue, let correlationID):
            let reply = request.reply(
                correlationID: correlationID, compression: configuration.compression, unixMilliseconds: executor.unixMilliseconds)
            transport.broker.publish(reply, to: Route(routingKey: queue)) { [weak self] result in
                self?.assumeIsolated { $0.replied(request.key, result) }
            }
        case nil:
            settle([request])
        }
    }

    private func replied(_ key: UInt64, _ result: Result<Void, TransportError>) {
        guard let request = requests[key], phase != .stopped else { return }
        if case .failure(let error) = result {
            if error.isTemporary {
                telemetry.retrying("reply", request, error)
                return after(.milliseconds(100)) { $0.answer(request) }
            }
            // Nobody is there to read the reply any more; that is no reason to keep the request.
            telemetry.unanswered(request, error)
        }
        settle([request])
    }
}

extension TransportError {
    /// Whether the same may succeed in a moment.
    var isTemporary: Bool { code == .connectionLost || code == .unavailable }
}
