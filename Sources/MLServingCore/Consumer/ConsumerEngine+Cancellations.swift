internal import EventLoop

/// Requests that nobody wants any more (G7).
extension ConsumerEngine {
    /// Begins to listen with the first request that could be marked: a consumer of others needs no store.
    func listenForCancellations() {
        if cancellations == nil { cancellations = Task(executorPreference: executor) { await self.hearOfCancellations() } }
    }

    /// Whether a mark for the request would have been heard of: it was published while this consumer listens.
    func hearsOfCancellation(of message: Message) -> Bool {
        guard let since = hearsOfCancellationsSince, let published = message.publishedAt else { return false }
        // The clocks of two machines may differ by that much.
        return published > since + 2_000
    }

    private func hearOfCancellations() async {
        let prefix = CancelMark.prefix(queue: configuration.queue.name)
        while phase != .stopped, !Task.isCancelled {
            do {
                try await transport.store.withNotifications(forKeysWithPrefix: prefix) { source in
                    await self.beginHearing(isPushed: await source.isPushed)
                    while true { await self.hear(try await source.next(), isPushed: await source.isPushed) }
                }
            } catch {
                hearsOfCancellationsSince = nil
                try? await executor.sleep(until: executor.now + .seconds(1))
            }
        }
    }

    private func beginHearing(isPushed: Bool) async {
        hearings += 1
        hearsOfCancellationsSince = isPushed ? executor.unixMilliseconds : nil
        // What came before was looked up, and may have been marked since.
        let held = requests.values.compactMap { request in
            if case .store(let key)? = request.destination { request.foreign?.id ?? key } else { nil }
        }
        let marks = held.map { CancelMark.key(of: $0, queue: configuration.queue.name) }
        guard !held.isEmpty, let answers = try? await transport.store.contains(marks) else { return }
        for (key, isMarked) in zip(held, answers) where isMarked { cancel(key) }
    }

    private func hear(_ notifications: Notifications, isPushed: Bool) async {
        if notifications.mayHaveMissed { await beginHearing(isPushed: isPushed) }
        let prefix = CancelMark.prefix(queue: configuration.queue.name)
        for key in notifications.keys { cancel(String(key.dropFirst(prefix.count))) }
    }

    private func cancel(_ resultKey: String) {
        cancelled.insert(resultKey)
        if let key = keys[.store(key: resultKey)], let request = requests[key] {
            cancel(request, whileRunning: true)
        } else if configuration.dialect != nil, let request = requests.values.first(where: { $0.foreign?.id == resultKey }) {
            // Whoever wants running predictions of another system's to end says so to each consumer.
            cancel(request, whileRunning: false)
        }
    }

    func cancel(_ request: ActiveRequest, whileRunning: Bool) {
        guard request.stage != .leaving, whileRunning || request.stage == .waiting else { return }
        let key = request.key
        request.isCancelled = true
        former.removeAll { $0.request == key }
        for prediction in predictions.values where prediction.work.contains(where: { $0.request == key }) {
            // A prediction that others wait for goes on.
            if prediction.work.allSatisfy({ requests[$0.request]?.isCancelled ?? true }) { prediction.task.cancel() }
        }
        request.fail(with: .cancelledByCaller)
        complete(request)
    }
}

extension Message {
    /// When it was published, in milliseconds since 1970, as far as it says.
    fileprivate var publishedAt: Int64? {
        if let deadline = headers[MessageHeader.deadline]?.integer, let timeToLive {
            return deadline.subtractingReportingOverflow(timeToLive.milliseconds).partialValue
        }
        return timestamp.flatMap { Int64(exactly: $0)?.multipliedReportingOverflow(by: 1_000).partialValue }
    }
}
