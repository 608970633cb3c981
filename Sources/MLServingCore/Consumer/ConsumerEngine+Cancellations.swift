internal import EventLoop

/// Requests that nobody wants any more (G7).
///
/// Marks are looked for when requests arrive, and from time to time while they are held; notifications only make it known sooner. No clock but the
/// consumer's own takes part.
extension ConsumerEngine {
    /// How often marks of held requests are looked for.
    private static let lookInterval = Duration.seconds(1)
    /// How many requests one question is about.
    private static let namesPerLook = 512

    // MARK: When requests arrive

    /// Begins to listen with the first request that could be marked: a consumer of others needs no store.
    func listenForCancellations() {
        if cancellations == nil { cancellations = Task(executorPreference: executor) { await self.followCancellations() } }
    }

    /// Which of the names are marked as cancelled. When the store cannot tell, none: the next look does.
    func cancelledNames(among names: [String]) async -> Set<String> {
        let prefixes = ControlKey.cancelPrefixes(queue: configuration.queue.name)
        var found: Set<String> = []
        var rest = names[...]
        while !rest.isEmpty, phase != .stopped {
            let some = rest.prefix(Self.namesPerLook)
            rest = rest.dropFirst(some.count)
            do {
                found.formUnion(try await marked(some, under: prefixes))
            } catch let error as TransportError where error.code == .refused {
                // Rights for one of the two kinds of names are still, or no longer, there.
                for prefix in prefixes { found.formUnion((try? await marked(some, under: [prefix])) ?? []) }
                telemetry.marksUnknown(error)
            } catch {
                telemetry.marksUnknown(error)
                return found
            }
        }
        return found
    }

    /// One question, unless there are marks, which is seldom.
    private func marked(_ names: ArraySlice<String>, under prefixes: [String]) async throws -> [String] {
        guard try await transport.store.containsAny(of: names.flatMap { name in prefixes.map { $0 + name } }) else { return [] }
        var found: [String] = []
        for name in names where try await transport.store.containsAny(of: prefixes.map { $0 + name }) { found.append(name) }
        return found
    }

    // MARK: While they are held

    private func followCancellations() async {
        await withTaskGroup(of: Void.self) { group in
            for prefix in ControlKey.cancelPrefixes(queue: configuration.queue.name) {
                group.addTask(executorPreference: executor) { await self.hearOfCancellations(under: prefix) }
            }
            group.addTask(executorPreference: executor) { await self.lookForCancellations() }
        }
    }

    private func lookForCancellations() async {
        while (try? await executor.sleep(until: executor.now + Self.lookInterval)) != nil, phase != .stopped {
            // What has just come has been looked at.
            await lookAtHeld(acceptedBefore: executor.now - Self.lookInterval / 2)
        }
    }

    private func lookAtHeld(acceptedBefore moment: ContinuousClock.Instant) async {
        let names = requests.values.compactMap { $0.stage != .leaving && $0.accepted <= moment ? $0.cancelName : nil }
        if names.isEmpty { return }
        for name in await cancelledNames(among: names) { cancel(name) }
    }

    private func hearOfCancellations(under prefix: String) async {
        while phase != .stopped, !Task.isCancelled {
            do {
                try await transport.store.withNotifications(forKeysWithPrefix: prefix) { source in
                    await self.beginHearing()
                    while true { await self.hear(try await source.next(), under: prefix) }
                }
            } catch {
                try? await executor.sleep(until: executor.now + .seconds(1))
            }
        }
    }

    private func beginHearing() async {
        hearings += 1
        // What came before was looked up, and may have been marked since.
        await lookAtHeld(acceptedBefore: executor.now)
    }

    private func hear(_ notifications: Notifications, under prefix: String) async {
        if notifications.mayHaveMissed { await beginHearing() }
        for key in notifications.keys { cancel(String(decoding: key.utf8.dropFirst(prefix.utf8.count), as: UTF8.self)) }
    }

    // MARK: Cancelling

    private func cancel(_ name: String) {
        cancelled.insert(name)
        for key in index.requests(cancelledBy: name) {
            // Whoever wants running predictions of another system's to end says so to each consumer.
            if let request = requests[key] { cancel(request, whileRunning: request.foreign == nil) }
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
