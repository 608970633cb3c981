internal import EventLoop

/// What the store is told of predictions that a crash could be blamed on: those of requests that were delivered before (G6).
extension ConsumerEngine {
    private static let markTimeToLive = Duration.seconds(86_400)
    /// How long a prediction waits for a store that does not take its mark.
    private static let markPatience = Duration.seconds(10)

    /// Whether marks can tell of this request: it has a result key, and there is room for a shared crash before the one that is its own.
    func leavesMarks(_ request: ActiveRequest) -> Bool {
        if case .store? = request.destination { configuration.maximumCrashes > 2 } else { false }
    }

    // MARK: Writing them

    /// Writes marks before predictions begin, and gives signs of life until ``endMarks(of:)``.
    ///
    /// A store that stays away does not keep the prediction for ever: then a crash leaves no evidence, and convicts nobody.
    func writeMarks(_ marks: [UInt64: BegunMark]) async {
        if marks.isEmpty { return }
        var backoff = Backoff()
        let end = executor.now + Self.markPatience
        let entries = marks.values.flatMap { mark in
            [sign(of: mark, turn: 0), StoreEntry(key: mark.key, value: [1], timeToLive: Self.markTimeToLive)]
        }
        while phase != .stopped, !Task.isCancelled {
            do {
                _ = try await transport.store.put(entries)
                break
            } catch {
                let delay = backoff.next(using: &generator)
                let isLasting = !((error as? TransportError)?.isTemporary ?? false)
                if backoff.isWorthLogging { telemetry.notMarked(marks.count, error) }
                if isLasting || executor.now + delay > end { break }
                try? await executor.sleep(until: executor.now + delay)
            }
        }
        // Over before it began: cancelled, or expired.
        let over = marks.filter { begun[$0.key] == nil }
        if !over.isEmpty { transport.store.remove(over.values.flatMap(\.keys)) }
        if signing == nil { signing = Task(executorPreference: executor) { await self.giveSignsOfLife() } }
    }

    /// Has inputs of requests that were delivered before wait for their batch. They are marked first, because weighing decodes them, and that may be
    /// what ends the process.
    func collectTrials() async {
        if trials.isEmpty { return }
        let work = trials
        trials = []
        var marks: [UInt64: BegunMark] = [:]
        for request in Set(work.map(\.request)).compactMap({ requests[$0] }) {
            if let mark = beginTrial(of: request) { marks[request.key] = mark }
        }
        await writeMarks(marks)
        collect(work.filter { requests[$0.request]?.stage == .waiting })
    }

    /// The mark that is to be written before the request's prediction begins; `nil` if it is there, or none is needed.
    func beginTrial(of request: ActiveRequest) -> BegunMark? {
        guard request.isOnTrial, begun[request.key] == nil, case .store(let key)? = request.destination else { return nil }
        let mark = BegunMark.shared(resultKey: key, queue: configuration.queue.name)
        begun[request.key] = mark
        return mark
    }

    private func sign(of mark: BegunMark, turn: Int) -> StoreEntry {
        StoreEntry(key: mark.signs[turn], value: [1], timeToLive: configuration.lifeSigns.timeToLive)
    }

    private func giveSignsOfLife() async {
        var turn = 1
        while phase != .stopped, !begun.isEmpty {
            do { try await executor.sleep(until: executor.now + configuration.lifeSigns.interval) } catch { break }
            let marks = Array(begun.values)
            if marks.isEmpty { break }
            // A key that is there is not written again.
            transport.store.remove(marks.map { $0.signs[turn] })
            // One that is lost is made up for by the next.
            _ = try? await transport.store.put(marks.map { sign(of: $0, turn: turn) })
            let over = Set(marks).subtracting(begun.values)
            if !over.isEmpty { transport.store.remove(over.flatMap(\.keys)) }
            turn = 1 - turn
        }
        signing = nil
    }

    /// Removes the marks of a request whose predictions are over, those of consumers that were lost over it included.
    func endMarks(of request: ActiveRequest) {
        endOwnMark(of: request)
        guard request.deliveries.contains(where: { $0.intake == .suspects }), let names = suspectNames(of: request) else { return }
        let marks = names.alone + [names.shared]
        marksToClear.formUnion(marks.map(\.key))
        transport.store.remove(marks.flatMap(\.keys))
    }

    /// Removes this consumer's mark.
    func endOwnMark(of request: ActiveRequest) {
        if let mark = begun.removeValue(forKey: request.key) { transport.store.remove(mark.keys) }
    }

    /// Removes all marks of a consumer that ends in good order although predictions run: nothing has crashed.
    func endAllMarks() {
        guard !begun.isEmpty else { return }
        transport.store.remove(begun.values.flatMap(\.keys))
        begun = [:]
    }

    /// Returns when the marks of earlier suspects are gone, so that the next one's crash is not counted against them.
    func awaitClearedMarks() async throws {
        while !marksToClear.isEmpty, phase == .consuming {
            let marks = Array(marksToClear)
            let left = zip(marks, try await transport.store.contains(marks)).filter(\.1).map(\.0)
            marksToClear.subtract(Set(marks).subtracting(left))
            if left.isEmpty { return }
            transport.store.remove(left)
            try? await executor.sleep(until: executor.now + .milliseconds(10))
        }
    }

    // MARK: Reading them

    /// Which of the requests delivered before have to be set aside: a consumer had begun to predict them and did not end, or it is not known
    /// whether one had. The others have only waited, or their consumer was none that leaves marks, and are predicted as usual, with a mark.
    func lookForSuspects(among deliveries: [(delivery: Delivery, destination: ResultDestination?)], from intake: Intake) async -> Set<
        DeliveryTag
    > {
        guard intake == .requests else { return [] }
        var suspects: Set<DeliveryTag> = []
        var questions: [(tag: DeliveryTag, key: String)] = []
        for (delivery, destination) in deliveries where delivery.isRedelivered {
            if case .store(let key)? = destination, configuration.maximumCrashes > 2 {
                questions.append((delivery.tag, BegunMark.shared(resultKey: key, queue: configuration.queue.name).key))
            } else if !isTriedAgain(delivery) {
                suspects.insert(delivery.tag)
            }
        }
        guard !questions.isEmpty else { return suspects }
        let answers = (try? await transport.store.contains(questions.map(\.key))) ?? questions.map { _ in true }
        for (question, isMarked) in zip(questions, answers) where isMarked { suspects.insert(question.tag) }
        return suspects
    }

    /// Whether a request that leaves no marks is predicted as usual once more: one loss may have been that of a connection. A classic queue
    /// does not count beyond that, so it would never become a suspect there.
    private func isTriedAgain(_ delivery: Delivery) -> Bool {
        configuration.maximumCrashes > 2 && configuration.queue.kind == .quorum && delivery.deliveryCount == 1
    }

    /// Tells which marks are those of consumers that were lost. It takes as long as a sign of life lasts if there is one.
    ///
    /// - Returns: The marks without signs of life. A mark that has gone meanwhile is none: its prediction has ended.
    func abandoned(_ marks: [BegunMark]) async throws -> [BegunMark] {
        var marks = marks
        let end = executor.now + configuration.lifeSigns.timeToLive + configuration.lifeSigns.interval
        while !marks.isEmpty {
            let answers = try await transport.store.contains(marks.flatMap(\.keys))
            var (abandoned, alive): ([BegunMark], [BegunMark]) = ([], [])
            for (index, mark) in marks.enumerated() {
                let isThere = Array(answers[index * 3..<index * 3 + 3])
                if isThere[1] || isThere[2] { alive.append(mark) } else if isThere[0] { abandoned.append(mark) }
            }
            if alive.isEmpty || executor.now >= end || phase != .consuming { return abandoned }
            // Of some it is known already; but all have to be known.
            marks = alive + abandoned
            try await executor.sleep(until: executor.now + configuration.lifeSigns.interval / 3)
        }
        return []
    }
}
