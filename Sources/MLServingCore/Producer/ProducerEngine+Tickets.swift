internal import EventLoop

extension ProducerEngine {
    /// Waits for the record under a key, whoever asked for it, and leaves it there.
    ///
    /// - Throws: ``ServingError`` with `expired` when there is none in time.
    func record(under key: String, until deadline: ContinuousClock.Instant) async throws -> [UInt8] {
        if configuration.resultMode == .queue, let resultQueue = configuration.resultQueue {
            return try await fetchedRecord(under: key, from: resultQueue, until: deadline)
        }
        return try await withThrowingTaskGroup(of: (record: [UInt8]?, isLast: Bool).self) { group in
            defer { group.cancelAll() }
            group.addTask { (try await self.notifiedRecord(under: key), false) }
            group.addTask { (try await self.polledRecord(under: key, until: deadline), true) }
            for try await end in group {
                if let record = end.record { return record }
                if end.isLast { break }
            }
            throw ServingError.nothing(under: key)
        }
    }

    /// Marks a request, whoever sent it, as cancelled; `false` when it has been answered.
    func cancel(_ key: String, of model: ModelAddress?, timeout: Duration) async throws -> Bool {
        let store = transport.store
        let queue = model?.queue ?? configuration.route.routingKey
        do {
            return try await transport.answer(until: executor.now + timeout) {
                if try await store.contains([key])[0] { return false }
                _ = try await store.put([CancelMark.entry(for: key, queue: queue, timeToLive: .seconds(86_400))])
                return true
            }
        } catch let error as TransportError {
            throw error.code == .closed ? await untilClosed() : ServingError(error)
        }
    }

    /// What is announced.
    nonisolated func models() async throws -> [AnnouncedModel] {
        guard let directory = transport.directory else {
            throw ServingError(
                code: .unavailable, message: "models are not announced here: this transport has no store", isRetryable: false)
        }
        do {
            return AnnouncedModel.models(in: try await directory.entries())
        } catch let error as TransportError {
            throw error.code == .closed ? await untilClosed() : ServingError(error)
        }
    }

    /// Looks whenever the store tells of the key; `nil` where it cannot tell, or cannot be asked, so that the timer is what is left.
    private func notifiedRecord(under key: String) async throws -> [UInt8]? {
        do {
            return try await transport.store.withNotifications(forKeysWithPrefix: key) { source in
                while true {
                    if let record = try await self.transport.store.get([key]).first ?? nil { return record }
                    if !(try await source.next().keys.isEmpty) { await self.hearAnnouncement() }
                }
            }
        } catch let error as TransportError {
            // The timer goes on, and says what is wrong should it last.
            telemetry.notListening(to: key, error)
            return nil
        }
    }

    /// Looks at once, then on a slow timer, and a last time at the deadline.
    ///
    /// - Throws: ``ServingError`` at once when the store refuses this client, and at the deadline when it could not be asked.
    private func polledRecord(under key: String, until deadline: ContinuousClock.Instant) async throws -> [UInt8]? {
        var isFirst = true
        while true {
            // A run that has ended knows why.
            if let failure { throw failure }
            let start = executor.now
            // A mere look, and one that begins shortly before the deadline, are given a moment of their own.
            let limit = max(deadline, start + (isFirst && start >= deadline ? .seconds(5) : .seconds(1)))
            do {
                let store = transport.store
                if let record = try await transport.answer(until: limit, to: { try await store.get([key]).first ?? nil }) {
                    if !isFirst { missAnnouncement(since: start) }
                    return record
                }
                if executor.now >= deadline { return nil }
            } catch let error as TransportError {
                if error.code == .closed { throw await untilClosed() }
                if error.code == .refused || executor.now >= deadline { throw ServingError(error) }
            }
            isFirst = false
            try await executor.sleep(until: min(deadline, executor.now + lookInterval))
        }
    }

    // MARK: By the result queue

    /// Asks for a result until it is there.
    private func fetchedRecord(under key: String, from resultQueue: Route, until deadline: ContinuousClock.Instant) async throws -> [UInt8]
    {
        while true {
            // Answers are told apart by the key, so there is one question for it at a time.
            if fetching.insert(key).inserted {
                defer { fetching.remove(key) }
                if let record = try await fetch(key, from: resultQueue, until: deadline) { return record }
            }
            if executor.now >= deadline { throw ServingError.nothing(under: key) }
            try await executor.sleep(until: min(deadline, executor.now + configuration.pollInterval))
        }
    }

    private func fetch(_ key: String, from resultQueue: Route, until deadline: ContinuousClock.Instant) async throws -> [UInt8]? {
        // A mere look takes its time, too.
        let deadline = max(deadline, executor.now + .seconds(5))
        var question = Message(body: [], correlationID: key, timeToLive: deadline - executor.now)
        if configuration.dialect == .native { question.contentType = configuration.codec.contentType.rawValue }
        let request = OutboundRequest(message: question, route: resultQueue, address: key, deadline: deadline)
        let answer = try await answer(to: request)
        return try configuration.codec.decode(Anything?.self, from: answer[...]) == nil ? nil : answer
    }
}

/// Whatever there is, of which nothing is kept.
private struct Anything: Decodable, Equatable {
    init(from decoder: any Decoder) {}
}

extension ServingError {
    fileprivate static func nothing(under key: String) -> ServingError {
        ServingError(code: .expired, message: "no result under \(key) in time; it may not be ready, or not be kept any more")
    }
}
