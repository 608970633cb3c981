internal import EventLoop

/// Results out: each request goes back to the queue for another attempt, or is answered; what failed for good rests with the dead letters first.
extension ConsumerEngine {
    func complete(_ request: ActiveRequest) {
        request.leave()
        landAll(ledBy: request)
        // What ends the process from now on is not its doing.
        endMarks(of: request)
        if suspects.first?.request == request.key {
            suspects.removeFirst()
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
        let message = request.retry(after: next.delay, because: reason, unixMilliseconds: executor.unixMilliseconds)
        let publication = Publication(.retry, message, to: configuration.queue.retryQueue(slice: next.slice), until: request.deadline)
        forgetIdentity(of: request)
        telemetry.retries(request, reason, after: next.delay)
        request.foreign?.notice(.retried(because: reason))
        Task(executorPreference: executor) {
            await self.answer(request, beforeRetryAfter: reason)
            await self.retry(request, by: publication)
        }
        return true
    }

    private func retry(_ request: ActiveRequest, by publication: Publication) {
        publish(publication, of: request) { engine, result in
            guard case .failure(let error) = result else { return engine.settle([request]) }
            engine.telemetry.notRetried(request, error)
            engine.layToRest(request)
        }
    }

    // MARK: Dead letters

    /// Keeps what nobody can serve in the dead-letter queue, then answers.
    ///
    /// - Parameter reduction: What is left out of the letter, because the broker did not take it whole.
    func layToRest(_ request: ActiveRequest, without reduction: DeadLetterReduction = .nothing) {
        guard !request.isDeadLettered, let reason = request.deadLetterReason, let queue = configuration.deadLetterQueue else {
            return answer(request)
        }
        var letter = request.deadLetter(because: reason, from: configuration.queue.name, unixMilliseconds: executor.unixMilliseconds)
        letter.reduce(by: reduction)
        // A letter is needed however late it is: without its confirmation the request is not settled.
        publish(Publication(.deadLetter, letter, to: queue, until: nil), of: request) { engine, result in
            if case .failure(let error) = result, !error.isCongestion, let next = reduction.next {
                engine.telemetry.reduces(request, next, error)
                return engine.layToRest(request, without: next)
            }
            if case .success = result { request.isDeadLettered = true }
            engine.telemetry.deadLettered(request, result)
            engine.answer(request)
        }
    }

    // MARK: Answers

    private func answer(_ request: ActiveRequest) {
        switch request.destination {
        case .store:
            store(request)
        case .reply where request.isUnanswerable:
            settle([request])
        case .reply(let queue, let correlationID):
            let reply = request.reply(
                correlationID: correlationID, compression: configuration.compression, unixMilliseconds: executor.unixMilliseconds)
            holdAnswer(reply.body.count, of: request)
            // Nobody waits for a reply to a request without a deadline for longer than results are kept.
            let end = request.deadline ?? request.accepted + configuration.resultTimeToLive
            publish(Publication(.reply, reply, to: Route(routingKey: queue), until: end), of: request) {
                $0.replied(request, reply.body.count, $1)
            }
        case nil:
            settle([request])
        }
    }

    private func replied(_ request: ActiveRequest, _ byteCount: Int, _ result: Result<Void, TransportError>) {
        guard case .failure(let error) = result else { return settle([request]) }
        // Nobody is there to read the reply any more; that is no reason to keep the request.
        if error.isMissingTarget || error.isTemporary || error.isCongestion || request.refusal != nil {
            telemetry.unanswered(request, error)
            return settle([request])
        }
        // The caller hears why, if a small reply can reach it, and the request rests with the dead letters.
        telemetry.replyRefused(request, error)
        request.refuse(with: .refusal(ofResultOf: byteCount, error))
        request.isUnanswerable = error.code != .tooLarge
        layToRest(request)
    }
}
