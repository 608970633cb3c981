internal import EventLoop

/// Requests in the form of another system: see ``RequestDialect``.
extension ConsumerEngine {
    var heldForeignRequests: [ConsumerControl.HeldRequest] {
        let now = executor.now
        return requests.values.compactMap { request in
            guard let foreign = request.foreign, request.stage != .leaving else { return nil }
            let began = request.stage == .predicting ? request.started : nil
            return ConsumerControl.HeldRequest(request: foreign, predictedFor: began.map { now - $0 })
        }
    }

    func cancelForeign(_ names: [String], whileRunning: Bool) {
        for name in names {
            cancelled.insert(name)
            for request in requests.values where request.foreign?.id == name { cancel(request, whileRunning: whileRunning) }
        }
    }

    // MARK: Requests for later

    /// Sends a request that is not due yet through queues that give it back then; `false` when it is due.
    ///
    /// A queue lets messages go in the order in which they came, so all in one wait equally long, and a long wait is made of several.
    func postpone(_ request: ActiveRequest) -> Bool {
        guard let notBefore = request.foreign?.notBefore else { return false }
        let (left, overflow) = notBefore.subtractingReportingOverflow(executor.unixMilliseconds)
        guard !overflow, left > 0 else { return false }
        var hop: Int64 = 125
        while hop * 2 <= min(left, 86_400_000) { hop *= 2 }
        request.leave()
        forgetIdentity(of: request)
        let queue = configuration.queue.postponementQueue(delay: .milliseconds(hop))
        publish(Publication(.postponement, request.original, to: queue, until: request.deadline), of: request) { engine, result in
            guard case .failure(let error) = result else { return engine.settle([request]) }
            engine.telemetry.notRetried(request, error)
            request.fail(
                with: ServingError(code: .unavailable, message: "the request cannot be kept until it is due: \(error)", isRetryable: false))
            engine.complete(request)
        }
        return true
    }

    // MARK: Answers before the last

    /// Tells whoever waits for a foreign request that it is tried again. Nothing depends on it.
    func answer(_ request: ActiveRequest, beforeRetryAfter error: ServingError) async {
        guard let answer = request.foreign?.answer(beforeRetryAfter: error, unixMilliseconds: executor.unixMilliseconds) else { return }
        switch request.destination {
        case .store(let key):
            let entry = StoreEntry(
                key: key, value: answer.body, timeToLive: configuration.resultTimeToLive, replacedPrefix: answer.replacedPrefix)
            _ = try? await transport.store.put([entry])
        case .reply(let queue, let correlationID):
            let reply = Message(body: answer.body, contentType: answer.contentType, correlationID: correlationID)
            transport.broker.publish(reply, to: Route(routingKey: queue)) { _ in }
        case nil:
            break
        }
    }
}

extension QueueDefinition {
    /// The queue in which messages wait for so long, and then go back to this one.
    func postponementQueue(delay: Duration) -> QueueDefinition {
        QueueDefinition(
            name: "\(name).eta.\(delay.milliseconds)",
            maximumLength: maximumLength ?? 100_000,
            deadLetterQueue: name,
            messageTimeToLive: delay
        )
    }
}
