internal import DequeModule

/// What becomes of unconfirmed publishes when their channel is lost.
extension Publisher {
    /// How many connections a message may cost.
    private static let connectionMaximum = 2
    /// How soon after a message the broker closes the connection if it is for that message. A call within the broker that waits for a node
    /// in vain ends later.
    private static let promptness = Duration.seconds(4)

    /// Judges each unconfirmed publish by what is known of it. What may have been taken is written again under its id, unless its caller has
    /// given up; the one that the broker closed the channel for fails.
    func channelClosed(_ error: RabbitMQError, _ loss: ChannelLoss) {
        let attachedAt = attachedAt
        detach()
        let count = unconfirmed.unconfirmedCount
        let candidates = takeCandidates()
        switch loss {
        case .ending(let isAlone):
            judge(candidates, endedWith: error, attachedAt: attachedAt, isAlone: isAlone)
        case .network:
            // Only the caller can tell whether to publish again.
            for publish in candidates { fail(publish, error.withUnknownOutcome) }
        case .abandonment:
            writeAgain(candidates)
        case .refusal:
            judge(candidates, error, isAlone: count == 1)
        case .failure(let hasOtherSuspects):
            judge(candidates, lostWith: error, isAlone: count == 1, hasOtherSuspects)
        }
    }

    /// The unconfirmed publishes that somebody waits for. What the broker has returned has its outcome.
    private func takeCandidates() -> [WaitingPublish] {
        var candidates: [WaitingPublish] = []
        unconfirmed.removeAll { publish in
            guard let completion = publish.completion else { return }
            if let refusal = publish.refusal {
                effects.statistics.refusalCount += 1
                effects.outcomes.append((completion, .failure(refusal)))
                return
            }
            var again = publish.original
            again.wasWritten = true
            candidates.append(again)
        }
        return candidates
    }

    /// - Parameter isAlone: Whether nothing else was unconfirmed, be it that its caller has given up.
    private func judge(_ candidates: [WaitingPublish], _ error: RabbitMQError, isAlone: Bool) {
        if let maximum = BrokerClosure.bodyMaximum(in: error.message) {
            limits.learn(bodyMaximum: maximum)
            let tooLarge = candidates.filter { $0.message.body.count > maximum }
            for publish in tooLarge { fail(publish, Self.tooLarge(publish, maximum: maximum)) }
            let rest = candidates.filter { $0.message.body.count <= maximum }
            // One that its caller gave up may have been too large.
            return isolation.isActive ? isolation.add(rest, after: .channel) : writeAgain(rest)
        }
        if isAlone { return candidates.forEach { fail($0, error) } }
        isolation.add(candidates, after: .channel)
    }

    private func judge(_ candidates: [WaitingPublish], lostWith error: RabbitMQError, isAlone: Bool, _ hasOtherSuspects: Bool) {
        var suspects: [WaitingPublish] = []
        let now = ContinuousClock.now
        for var publish in candidates {
            let isPrompt = publish.writtenAt.map { now - $0 < Self.promptness } ?? false
            if isPrompt, !hasOtherSuspects { publish.lostConnections += 1 }
            guard isAlone, publish.lostConnections >= Self.connectionMaximum else {
                suspects.append(publish)
                continue
            }
            let cost = RabbitMQError(
                .poisonous, "the broker closed \(publish.lostConnections) connections over the message, so it is not sent again: \(error)",
                node: error.node, replyCode: error.replyCode)
            fail(publish, cost)
        }
        if suspects.isEmpty, !isolation.isActive { return }
        isolation.add(suspects, after: .connection)
    }

    /// Isolates what two connections in a row have ended with, and fails the one that is known to be the cause.
    private func judge(
        _ candidates: [WaitingPublish], endedWith error: RabbitMQError, attachedAt: ContinuousClock.Instant, isAlone: Bool
    ) {
        let now = ContinuousClock.now
        var innocents: [WaitingPublish] = []
        var suspects: [WaitingPublish] = []
        var hasCulprit = false
        for var publish in candidates {
            // Only the caller can tell whether to publish again.
            guard publish.mayArriveTwice, let writtenAt = publish.writtenAt else {
                fail(publish, error.withUnknownOutcome)
                continue
            }
            let ending = Suspicion.Ending(sinceWritten: now - writtenAt, provenFor: writtenAt - attachedAt, isAlone: isAlone)
            switch publish.suspicion.count(ending, bytes: publish.message.body.count) {
            case .innocent: innocents.append(publish)
            case .suspect: suspects.append(publish)
            case .guilty:
                hasCulprit = true
                let cost = "\(publish.suspicion.endings) connections ended as soon as the message was sent"
                fail(publish, RabbitMQError(.poisonous, "\(cost), so it is not sent again: \(error)", node: error.node))
            }
        }
        if isolation.isActive, isolation.scope != .ending {
            return isolation.add(suspects + innocents, after: suspects.isEmpty ? isolation.scope : .ending)
        }
        isolation.updateAll { $0.suspicion.countEndingWithoutIt() }
        if !suspects.isEmpty || hasCulprit && isolation.hasSuspects {
            isolation.add(suspects, after: .ending)
        } else {
            // It ended without any of them.
            acquitSuspects()
        }
        waiting.prepend(contentsOf: innocents)
    }

    /// Takes note that the broker was away, which no message is to blame for.
    func brokerWasAway() {
        if isolation.scope == .ending { acquitSuspects() }
        for index in waiting.indices { waiting[index].suspicion.acquit() }
    }

    private func acquitSuspects() {
        var suspects = isolation.takeAll()
        for index in suspects.indices { suspects[index].suspicion.acquit() }
        waiting.prepend(contentsOf: suspects)
    }

    private func writeAgain(_ publishes: [WaitingPublish]) {
        guard isolation.isActive else { return waiting.prepend(contentsOf: publishes) }
        isolation.add(publishes, after: isolation.scope)
    }

    private func fail(_ publish: WaitingPublish, _ error: RabbitMQError) {
        effects.statistics.refusalCount += 1
        effects.outcomes.append((publish.completion, .failure(error)))
    }

    static func tooLarge(_ publish: WaitingPublish, maximum: Int) -> RabbitMQError {
        RabbitMQError(
            .tooLarge, "the message has \(publish.message.body.count) bytes, and the broker takes \(maximum) (its max_message_size)",
            replyCode: 406)
    }
}
