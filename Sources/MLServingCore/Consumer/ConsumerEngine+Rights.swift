internal import EventLoop

/// What a consumer does that lacks a right: it settles nothing for want of it, takes nothing in, and goes on when the right is granted.
///
/// The right to publish concerns every message alike, and the right to store every result under the consumer's prefix. So that a server refuses
/// either says nothing of a request, which another consumer may well answer.
extension ConsumerEngine {
    /// Keeps a message until it may be published; its request stays unsettled.
    func withhold(_ withheld: WithheldPublication, because error: TransportError) {
        // Another way back is left.
        if withheld.publication.purpose == .giveBack { return withheld.completion(self, .failure(error)) }
        if phase == .draining { return putBack([withheld.request]) }
        rights.withhold(withheld)
        lack(.broker, error)
    }

    /// Gives back the requests whose messages wait for the right to publish.
    func giveBackWithheld() {
        putBack(rights.takeWithheld().map(\.request).filter { requests[$0.key] != nil })
    }

    /// A server has refused the right.
    func lack(_ server: ConsumerRights.Server, _ error: TransportError) {
        guard rights.lack(server) else { return }
        telemetry.lacksRight(error)
        if server == .broker { health.note { $0.publishingAnswered("\(error)") } }
        guard phase == .consuming, rights.pause() else { return }
        health.note { $0.pause() }
        Task(executorPreference: executor) { await self.returnUntouched() }
    }

    /// A server has not refused the right when asked.
    func grant(_ server: ConsumerRights.Server) {
        guard rights.grant(server) else { return }
        if rights.areComplete { telemetry.hasRightsAgain() }
        guard server == .broker else { return }
        health.note { $0.publishingAnswered(nil) }
        for withheld in rights.takeWithheld() where requests[withheld.request.key] != nil {
            publish(withheld.publication, of: withheld.request, then: withheld.completion)
        }
    }

    /// Begins the intake again after a pause: when all rights are there and what was held is done, because that is settled with the source
    /// that it came from.
    ///
    /// - Returns: `nil` when the intake has not been paused, or the consumer ends.
    func reopen(_ intake: Intake) async throws -> (any DeliverySource)? {
        guard endedIntakes.contains(intake), phase == .consuming else { return nil }
        while rights.isPaused {
            if rights.areComplete, requests.isEmpty { rights.resume() }
            if rights.isPaused, !(await sleep(for: .milliseconds(100))) { return nil }
            if phase != .consuming { return nil }
        }
        endedIntakes.remove(intake)
        let source = try await open(intake)
        health.opened(Array(sources.values))
        if endedIntakes.isEmpty { health.note { $0.resume(at: executor.now) } }
        return source
    }
}
