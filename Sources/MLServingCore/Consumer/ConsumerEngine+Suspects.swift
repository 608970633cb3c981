internal import DequeModule
internal import EventLoop

/// Requests that consumers were lost over, any of which may be what they were lost for (G6).
///
/// They move to a queue of their own, from which each consumer takes one at a time, and predicts it while it predicts nothing else. Marks in the
/// store (``BegunMark``) tell those that began in vain from those that only waited.
extension ConsumerEngine {
    /// Moves a request to the suspects.
    func setAside(_ request: ActiveRequest) {
        request.leave()
        forgetIdentity(of: request)
        let name = String(generator.next(), radix: 16)
        let message = request.suspect(named: name, at: executor.now)
        publish(Publication(.suspect, message, to: configuration.queue.suspectQueue, until: request.deadline), of: request) {
            engine, result in
            guard case .failure(let error) = result else {
                engine.telemetry.setAside(request)
                return engine.settle([request])
            }
            let isLate = request.isExpired(at: engine.executor.now) || error.isTemporary
            request.fail(
                with: isLate
                    ? .deadlinePassed(before: "it could be tried by itself")
                    : ServingError(code: .unavailable, message: "the request cannot be tried by itself: \(error)", isRetryable: false))
            engine.complete(request)
        }
    }

    // MARK: Predicting them

    /// Whether it is a suspect's turn, so that nothing else may begin.
    var isSuspectDue: Bool {
        while let suspect = suspects.first {
            guard let request = requests[suspect.request], request.stage != .leaving else {
                suspects.removeFirst()
                continue
            }
            return suspect.inquiry == .over
        }
        return false
    }

    /// Takes a suspect in, and finds out about it while others are predicted.
    func collect(_ suspect: Suspect, of request: ActiveRequest) {
        suspects.append(suspect)
        Task(executorPreference: executor) { await self.inquire(into: request, suspect.delivery) }
    }

    /// The next input of the suspect that is predicted.
    func formBatchOfSuspect() -> PredictionBatch? {
        while isSuspectDue {
            guard let work = suspects[0].work.popFirst() else { return nil }
            if var batch = begin([work], because: .alone) {
                // Written once, before the first of its inputs.
                if let mark = suspects[0].mark, begun[work.request] == nil {
                    begun[work.request] = mark
                    batch.marks[work.request] = mark
                }
                return batch
            }
        }
        // Nothing of them is left, so others may begin.
        executor.execute { [weak self] in self?.assumeIsolated { $0.dispatch() } }
        return nil
    }

    /// Counts the consumers that were lost while they predicted it.
    private func inquire(into request: ActiveRequest, _ delivery: Delivery) async {
        let (crashes, mark) = await countCrashes(by: request, delivery)
        // Drained, cancelled or lost meanwhile: nothing begins on it.
        guard phase == .consuming, requests[request.key] != nil, let index = suspects.firstIndex(where: { $0.request == request.key })
        else { return }
        suspects[index].inquiry = .over
        suspects[index].mark = mark
        if crashes >= configuration.maximumCrashes {
            request.fail(with: .crashed(times: crashes))
            complete(request)
        }
        dispatch()
    }

    /// The crashes that a request may be blamed for, and the mark of its next prediction.
    ///
    /// The loss that made it a suspect counts as one, whatever it was. Every other one is that of a consumer that had begun to predict it and
    /// gave no sign of life afterwards.
    private func countCrashes(by request: ActiveRequest, _ delivery: Delivery) async -> (crashes: Int, mark: BegunMark?) {
        guard let keys = suspectKeys(of: request) else { return (await countLosses(of: delivery), nil) }
        var backoff = Backoff()
        while phase == .consuming {
            do {
                try await awaitClearedMarks()
                let known = try await transport.store.contains(
                    [keys.conviction, keys.formerConviction, keys.shared.key] + keys.alone.map(\.key) + keys.former)
                // Another copy of it has been found guilty.
                if known[0] || known[1] { return (configuration.maximumCrashes, nil) }
                let marked = known.dropFirst(3)
                let alone = zip(keys.alone, marked).filter(\.1).map(\.0)
                let former = marked.dropFirst(keys.alone.count).count { $0 }
                let crashes = 1 + former + (try await abandoned((known[2] ? [keys.shared] : []) + alone)).count
                if crashes >= configuration.maximumCrashes {
                    _ = try await transport.store.put([StoreEntry(key: keys.conviction, value: [1], timeToLive: .seconds(86_400))])
                    return (crashes, nil)
                }
                return (crashes, keys.alone.first { !alone.contains($0) })
            } catch let error as TransportError where error.code == .refused {
                telemetry.notMarked(1, error)
                return (await countLosses(of: delivery), nil)
            } catch {
                // The result could not be stored either.
                let delay = backoff.next(using: &generator)
                if backoff.isWorthLogging { telemetry.notMarked(1, error) }
                try? await executor.sleep(until: executor.now + delay)
            }
        }
        return (1, nil)
    }

    /// What the broker's count tells without marks.
    ///
    /// It counts every delivery that came back: also those of consumers that ended in good order, or that only lost their connection. Of the
    /// latter there is one for each consumer at most, because a consumer that holds a request takes a second delivery of it for the same. So
    /// only what is above the number of consumers tells of a crash, and of that two deliveries count as one, to be on the safe side.
    private func countLosses(of delivery: Delivery) async -> Int {
        guard delivery.deliveryCount > 0,
            let status = try? await transport.broker.status(of: configuration.queue.suspectQueue.name)
        else { return 1 }
        return 1 + max(0, delivery.deliveryCount - max(1, status.consumers)) / 2
    }

    /// The keys that tell of a suspect; `nil` for a request that needs no store, and for one whose copy has a name that no consumer makes:
    /// anybody may have written the header.
    func suspectKeys(of request: ActiveRequest) -> SuspectKeys? {
        guard case .store(let key)? = request.destination, let copy = request.message.headers[MessageHeader.suspect]?.string,
            (1...16).contains(copy.utf8.count), copy.utf8.allSatisfy({ Character(Unicode.Scalar($0)).isHexDigit })
        else { return nil }
        return SuspectKeys(
            of: request.digest, resultKey: key, copy: copy, queue: configuration.queue.name, maximumCrashes: configuration.maximumCrashes)
    }
}

/// A request that may be what a consumer was lost for.
struct Suspect: Sendable {
    /// Whether it is known how many consumers it has cost.
    enum Inquiry: Sendable { case underWay, over }

    let request: UInt64
    let delivery: Delivery
    /// The inputs that no prediction has begun on.
    var work: Deque<PredictionWork>
    var inquiry = Inquiry.underWay
    /// What says that its prediction has begun.
    var mark: BegunMark?
}
