internal import DequeModule
internal import EventLoop

/// Requests that were under way when a consumer was lost, any of which may be what it was lost for (G6).
///
/// They move to a queue of their own, from which each consumer takes one at a time, and predicts it while it predicts nothing else. A mark in the
/// store, written before the prediction begins and removed when the request is done with, tells those that began in vain from those that
/// only waited.
extension ConsumerEngine {
    /// Moves a request to the suspects.
    func setAside(_ request: ActiveRequest) {
        request.leave()
        forgetIdentity(of: request)
        let route = Route(routingKey: configuration.queue.suspectQueue.name)
        let name = String(generator.next(), radix: 16)
        transport.broker.publish(request.suspect(named: name, at: executor.now), to: route) { [weak self] result in
            self?.assumeIsolated { $0.setAside(request, result) }
        }
    }

    private func setAside(_ request: ActiveRequest, _ result: Result<Void, TransportError>) {
        guard requests[request.key] != nil, phase != .stopped else { return }
        switch result {
        case .success:
            telemetry.setAside(request)
            settle([request])
        case .failure(let error):
            telemetry.retrying("suspect", request, error)
            after(.milliseconds(100)) { $0.setAside(request) }
        }
    }

    // MARK: Predicting them

    /// The next input of the suspect that is predicted, once it has been looked into.
    func formBatchOfSuspect() -> PredictionBatch? {
        while let suspect = suspects.first {
            guard let request = requests[suspect.request], request.stage != .leaving else {
                suspects.removeFirst()
                continue
            }
            switch suspect.inquiry {
            case .none:
                suspects[0].inquiry = .underWay
                Task(executorPreference: executor) { await self.inquire(into: request, suspect.delivery) }
                return nil
            case .underWay:
                return nil
            case .over:
                guard let work = suspects[0].work.popFirst() else { return nil }
                if let batch = begin([work], because: .alone) { return batch }
            }
        }
        // Nothing of them is left, so others may begin.
        dispatch()
        return nil
    }

    /// Counts the consumers that were lost while they predicted it, and marks that one more is about to begin.
    private func inquire(into request: ActiveRequest, _ delivery: Delivery) async {
        let (crashes, mark) = await countCrashes(by: request, delivery)
        // Drained, cancelled or lost meanwhile: nothing begins on it.
        guard phase == .consuming, requests[request.key] != nil, let index = suspects.firstIndex(where: { $0.request == request.key })
        else {
            if let mark { transport.store.remove([mark]) }
            return
        }
        suspects[index].inquiry = .over
        if crashes >= configuration.maximumCrashes {
            request.fail(with: .crashed(times: crashes))
            complete(request)
        }
        dispatch()
    }

    private func countCrashes(by request: ActiveRequest, _ delivery: Delivery) async -> (crashes: Int, mark: String?) {
        // Without marks the broker's count has to do. It counts consumers that ended in good order, too.
        let unmarked = 1 + delivery.deliveryCount / 4
        guard let marks = suspectMarks(of: request), case .store(let key)? = request.destination else {
            return (unmarked, nil)
        }
        let conviction = ControlKey.conviction(of: request.digest, queue: configuration.queue.name)
        let former = formerSuspectMarks(of: request) + [ControlKey.formerConviction(of: key, queue: configuration.queue.name)]
        while phase == .consuming {
            do {
                try await awaitClearedMarks()
                let known = try await transport.store.contains(marks + [conviction] + former)
                let (own, old) = (known.prefix(marks.count + 1), known.suffix(former.count))
                // Another copy of it has been found guilty.
                if own.last == true || old.last == true { return (configuration.maximumCrashes, nil) }
                let begun = zip(own.dropLast(), old.dropLast()).prefix { $0 || $1 }.count
                // The loss that made it a suspect is the first. One that is given out for the first time has cost no more than that.
                let crashes = delivery.isRedelivered ? 1 + begun : 1
                if crashes >= configuration.maximumCrashes {
                    _ = try await transport.store.put([StoreEntry(key: conviction, value: [1], timeToLive: .seconds(86_400))])
                    return (crashes, nil)
                }
                guard begun < marks.count else { return (crashes, nil) }
                _ = try await transport.store.put([StoreEntry(key: marks[begun], value: [1], timeToLive: .seconds(86_400))])
                return (crashes, marks[begun])
            } catch let error as TransportError where error.code == .refused {
                telemetry.storeFailed(entries: 1, error)
                return (unmarked, nil)
            } catch {
                // The result could not be stored either.
                telemetry.storeFailed(entries: 1, error)
                try? await executor.sleep(until: executor.now + .milliseconds(100))
            }
        }
        return (1, nil)
    }

    /// Removes the marks of requests whose predictions are over.
    func clearSuspectMarks(of done: [ActiveRequest]) {
        for request in done where request.deliveries.contains(where: { $0.intake == .suspects }) {
            guard let marks = suspectMarks(of: request) else { continue }
            transport.store.remove(marks)
            marksToClear.formUnion(marks)
        }
    }

    /// Returns when the marks of earlier suspects are gone, so that the next one's crash is not counted against them.
    private func awaitClearedMarks() async throws {
        while !marksToClear.isEmpty, phase == .consuming {
            let marks = Array(marksToClear)
            let left = zip(marks, try await transport.store.contains(marks)).filter(\.1).map(\.0)
            marksToClear.subtract(Set(marks).subtracting(left))
            if left.isEmpty { return }
            transport.store.remove(left)
            try? await executor.sleep(until: executor.now + .milliseconds(10))
        }
    }

    /// The keys that say that a prediction has begun for the first time, the second and so on; none for a request that needs no store.
    private func suspectMarks(of request: ActiveRequest) -> [String]? {
        suspectName(of: request).map { name in
            (1..<configuration.maximumCrashes).map { ControlKey.suspect(name, $0, queue: configuration.queue.name) }
        }
    }

    /// The same keys as consumers of the earlier release write them.
    private func formerSuspectMarks(of request: ActiveRequest) -> [String] {
        guard let name = suspectName(of: request) else { return [] }
        return (1..<configuration.maximumCrashes).map { ControlKey.formerSuspect(name, $0, queue: configuration.queue.name) }
    }

    /// The name of the copy, if it is one that consumers make: anybody may have written the header.
    private func suspectName(of request: ActiveRequest) -> String? {
        guard case .store? = request.destination, let name = request.message.headers[MessageHeader.suspect]?.string,
            (1...16).contains(name.utf8.count), name.utf8.allSatisfy({ Character(Unicode.Scalar($0)).isHexDigit })
        else { return nil }
        return name
    }
}

/// A request that may be what a consumer was lost for.
struct Suspect: Sendable {
    /// Whether it is known how many consumers it has cost.
    enum Inquiry: Sendable { case none, underWay, over }

    let request: UInt64
    let delivery: Delivery
    /// The inputs that no prediction has begun on.
    var work: Deque<PredictionWork>
    var inquiry = Inquiry.none
}
