internal import EventLoop

/// A request whose body waits for room.
struct ParkedRequest {
    let request: UInt64
    let delivery: Delivery
    let intake: Intake
    /// What it takes out of the budget.
    let memory: Int
    /// What its body expands to.
    let byteCount: Int
}

/// From bodies to inputs, within one budget of bytes.
extension ConsumerEngine {
    /// Takes a body apart, or has it wait, undecoded, until others are done.
    ///
    /// - Throws: ``ServingError`` with `too_large` for a body that alone exceeds the budget.
    func open(_ request: ActiveRequest, _ delivery: Delivery, from intake: Intake) throws(ServingError) {
        if let refusal = request.encoding.refusal { throw refusal }
        let count = request.foreign == nil ? try delivery.message.expandedByteCount(limit: heldBytes.limit) : delivery.message.body.count
        let inputMemory = delivery.message.inputMemory(inBytes: count)
        let memory = count + inputMemory
        if memory > HeldBytes.smallBody {
            // It is opened where nothing else is at stake.
            if request.isSuspected { return setAside(request) }
            guard memory <= heldBytes.limit else {
                let what = inputMemory > 0 ? " and, with its inputs told apart, takes \(memory)" : ""
                throw ServingError(
                    code: .tooLarge,
                    message: "the body expands to \(count) bytes\(what), more than the \(heldBytes.limit) that a consumer holds")
            }
            guard parked.isEmpty, heldBytes.reserve(memory, for: request.key) else {
                return parked.append(
                    ParkedRequest(request: request.key, delivery: delivery, intake: intake, memory: memory, byteCount: count))
            }
        }
        if count >= HeldBytes.largeBody { return openElsewhere(request, delivery, from: intake, expandsTo: count) }
        proceed(request, with: try InboundRequest(delivery.message, encoding: request.encoding, expandsTo: count), delivery, from: intake)
    }

    /// Gives back what a request that is over held, and opens those that waited for it.
    func releaseBytes(of request: ActiveRequest) {
        if heldBytes.release(request.key) { openParkedSoon() }
    }

    /// Counts a request's answer, which the outputs are part of by now, and its message as it came in place of what it expanded to.
    func holdAnswer(_ byteCount: Int, of request: ActiveRequest) {
        request.forgetOutputs()
        if heldBytes.replace(request.key, by: byteCount + request.message.body.count) { openParkedSoon() }
    }

    private func openParkedSoon() {
        if parked.isEmpty { return }
        // Not within this call, which may be about to forget others, too.
        executor.execute { [weak self] in self?.assumeIsolated { $0.openParked() } }
    }

    private func openParked() {
        while phase != .stopped, let next = parked.first {
            guard let request = requests[next.request], request.stage == .waiting else {
                parked.removeFirst()
                continue
            }
            guard heldBytes.reserve(next.memory, for: next.request) else { return }
            parked.removeFirst()
            openElsewhere(request, next.delivery, from: next.intake, expandsTo: next.byteCount)
        }
    }

    /// Expands and splits a large body on a thread of its own: connections and other requests go on meanwhile.
    private func openElsewhere(_ request: ActiveRequest, _ delivery: Delivery, from intake: Intake, expandsTo count: Int) {
        let threads = expansionThreads ?? executor.makeThreads(count: 1, name: "mlserving-expand")
        expansionThreads = threads
        expand(delivery, of: request.key, encoding: request.encoding, from: intake, expandsTo: count, on: threads)
    }

    /// Not isolated to the engine, whose thread it would run on otherwise.
    private nonisolated func expand(
        _ delivery: Delivery, of request: UInt64, encoding: RequestEncoding, from intake: Intake, expandsTo count: Int,
        on threads: any TaskExecutor
    ) {
        Task(executorPreference: threads) { [executor] in
            let inbound = Result { () throws(ServingError) in
                try InboundRequest(delivery.message, encoding: encoding, expandsTo: count)
            }
            self.perform(on: executor) { $0.opened(request, inbound, delivery, from: intake) }
        }
    }

    private func opened(_ key: UInt64, _ inbound: Result<InboundRequest, ServingError>, _ delivery: Delivery, from intake: Intake) {
        // Cancelled, drained or lost meanwhile.
        guard phase != .stopped, let request = requests[key], request.stage == .waiting else { return }
        switch inbound {
        case .success(let inbound):
            if request.isExpired(at: executor.now) {
                request.begin(inbound)
                request.fail(with: .deadlinePassed(before: "there was room for the request"))
                return complete(request)
            }
            proceed(request, with: inbound, delivery, from: intake)
            Task(executorPreference: executor) { await self.goOn() }
        case .failure(let error):
            request.fail(with: error)
            complete(request)
        }
    }

    private func goOn() async {
        await collectTrials()
        await collectUnknown()
        dispatch()
    }
}

extension Message {
    /// What the inputs of a list take beside its bytes, as far as the message may be believed: each takes a byte at least, and a list
    /// that has more inputs than its header says is not taken apart.
    fileprivate func inputMemory(inBytes byteCount: Int) -> Int {
        guard let stated = headers[MessageHeader.items]?.integer else { return 0 }
        return Int(min(max(0, stated), Int64(byteCount))) * HeldBytes.inputMemory
    }
}
