internal import EventLoop

/// Calls that travel together.
extension ProducerEngine {
    /// Waits for a call's share of the answer to the message that it travels with.
    nonisolated func answer(to call: CoalescedCall) async throws -> Answer {
        try Task.checkCancellation()
        return try await withTaskCancellationHandler {
            try await withUnsafeThrowingContinuation { continuation in
                perform(on: executor) {
                    call.begin(for: continuation)
                    $0.collect(call)
                }
                // A cancellation from before the beginning has found nobody who waits.
                if Task.isCancelled { perform(on: executor) { $0.leave(call) } }
            }
        } onCancel: {
            perform(on: executor) { $0.leave(call) }
        }
    }

    private func collect(_ call: CoalescedCall) {
        if let failure { return call.end(.failure(failure)) }
        for group in coalescer?.add(call, at: executor.now) ?? [] { send(group) }
        scheduleRelease()
    }

    /// Nobody waits for a call any more.
    private func leave(_ call: CoalescedCall) {
        if call.isOver { return }
        call.end(.failure(CancellationError()))
        if coalescer?.remove(call) == true { return }
        for address in Array(inFlight.keys) + Array(queued.keys) {
            guard case .group(let group) = (inFlight[address] ?? queued[address])?.recipient,
                group.calls.contains(where: { $0 === call })
            else { continue }
            if group.calls.allSatisfy(\.isOver) { abandon(address) }
            return
        }
    }

    /// Has what is collected sent when it is due: at the end of the turn if nothing is in flight, else at the end of its window.
    func scheduleRelease() {
        guard let due = coalescer?.nextDue else { return }
        if inFlight.isEmpty, queued.isEmpty {
            guard !isReleaseScheduled else { return }
            isReleaseScheduled = true
            executor.atEndOfTurn { [weak self] in self?.assumeIsolated { $0.releaseAll() } }
        } else if releaseTimer?.isPending != true {
            releaseTimer = executor.schedule(at: due) { [weak self] in self?.assumeIsolated { $0.releaseDue() } }
        }
    }

    private func releaseAll() {
        isReleaseScheduled = false
        releaseTimer?.cancel()
        for group in coalescer?.takeAll() ?? [] { send(group) }
    }

    private func releaseDue() {
        for group in coalescer?.takeDue(at: executor.now) ?? [] { send(group) }
        scheduleRelease()
    }

    private func send(_ group: CallGroup) {
        guard group.deadline > executor.now else { return group.fail(ServingError.deadlinePassed(before: "the request was sent")) }
        let left = group.deadline - executor.now
        let isList = group.calls.count > 1
        var (body, headers) = ([UInt8](), group.headers)
        if isList {
            headers[MessageHeader.coalesced] = .bool(true)
            do {
                body = try configuration.codec.join(list: group.calls.map(\.input))
            } catch {
                // One of them cannot be put into a list; which one shows when each goes alone.
                for call in group.calls where !call.isOver { send(CallGroup(call, arrival: group.arrival)) }
                return
            }
        } else {
            body = Array(group.calls[0].input)
        }
        let terms = RequestTerms(model: group.model, options: RequestOptions(timeout: left))
        do throws(ServingError) {
            let request = try makeRequest(body: body, inputs: isList ? group.calls.count : nil, by: terms, headers: headers)
            begin(Waiter(request: request, recipient: .group(group)))
        } catch {
            group.fail(error)
        }
    }

    /// Tells calls their outcomes, and asks again for those that failed in company.
    func finish(_ group: CallGroup, with record: [UInt8]) {
        do throws(ServingError) {
            let answer = try Answer(record)
            heed(answer, of: group.model)
            for call in try group.finish(with: answer) where !call.isOver { send(CallGroup(call, arrival: group.arrival)) }
        } catch {
            group.fail(error)
        }
    }
}
