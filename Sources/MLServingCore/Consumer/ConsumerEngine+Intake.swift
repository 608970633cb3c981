internal import DequeModule
internal import Digests
internal import EventLoop

/// Deliveries in.
extension ConsumerEngine {
    /// Takes deliveries in until the intake is ended, and again after each pause.
    ///
    /// - Throws: ``TransportError`` with `closed` when the deliveries end although nobody has ended the intake.
    func serve(_ intake: Intake, _ source: any DeliverySource) async throws {
        defer {
            openIntakes.remove(intake)
            endDrainIfDone()
        }
        var next: (any DeliverySource)? = source
        while let source = next {
            try await takeIn(from: intake, source)
            next = try await reopen(intake)
        }
        guard phase == .consuming else { return }
        try Task.checkCancellation()
        throw TransportError(code: .closed, message: "the deliveries of queue \(name(of: intake)) have ended; the consumer cannot go on")
    }

    /// Takes deliveries in until the intake is ended.
    private func takeIn(from intake: Intake, _ source: any DeliverySource) async throws {
        while case let deliveries = try await source.next(), !deliveries.isEmpty {
            if phase == .stopped { return }
            // Else what is given back would come here again and again.
            if phase == .draining { await endIntake(from: intake) }
            let arrivals = deliveries.map { Arrival($0, configuration) }
            if requests.count + deliveries.count >= configuration.prefetch { credit.wasUsedUp(at: executor.now) }
            let known = await lookUp(arrivals, from: intake)
            let suspects = await lookForSuspects(among: arrivals, from: intake)
            for arrival in arrivals {
                let tag = arrival.delivery.tag
                if known.answered.contains(tag) {
                    telemetry.duplicate(arrival.foreign?.id ?? InboundRequest.id(of: arrival.delivery.message))
                    source.acknowledge([tag])
                    continue
                }
                accept(arrival, from: intake, isCancelled: known.cancelled.contains(tag), isSuspect: suspects.contains(tag))
            }
            health.note { $0.arrived(held: requests.count, at: executor.now) }
            await collectTrials()
            await collectUnknown()
            dispatch()
        }
    }

    /// What the store knows of requests that this consumer may have missed something of: which are answered, and which nobody wants any more.
    private func lookUp(_ arrivals: [Arrival], from intake: Intake) async -> (answered: Set<DeliveryTag>, cancelled: Set<DeliveryTag>) {
        var known: (answered: Set<DeliveryTag>, cancelled: Set<DeliveryTag>) = ([], [])
        var questions: [(key: String, tag: DeliveryTag)] = []
        var answers: [(key: String, tag: DeliveryTag, request: any ForeignRequest)] = []
        var names: [(name: String, tag: DeliveryTag)] = []
        for arrival in arrivals {
            let delivery = arrival.delivery
            guard case .store(let key)? = arrival.destination else { continue }
            listenForCancellations()
            // Answered before, and only the settlement was lost.
            let isAgain = delivery.isRedelivered || intake == .suspects || delivery.message.headers[MessageHeader.attempt] != nil
            if isAgain {
                // What is stored for another system's request need not be the last word.
                if let foreign = arrival.foreign {
                    answers.append((key, delivery.tag, foreign))
                } else {
                    questions.append((key, delivery.tag))
                }
            }
            names.append((arrival.foreign?.id ?? key, delivery.tag))
        }
        let isFresh = intake == .requests && credit.isFresh(arrivals.map(\.delivery), at: executor.now)
        let hearings = self.hearings
        // When the store cannot tell, predicting again is safe: the first result wins.
        if !answers.isEmpty, let stored = try? await transport.store.get(answers.map(\.key)) {
            for (answer, value) in zip(answers, stored) {
                if let value, answer.request.isFinal(value) { known.answered.insert(answer.tag) }
            }
        }
        if !questions.isEmpty, let found = try? await transport.store.contains(questions.map(\.key)) {
            for (question, isThere) in zip(questions, found) where isThere { known.answered.insert(question.tag) }
        }
        let unwanted = isFresh ? [] : await cancelledNames(among: names.map(\.name))
        // Marks that came after the look, and before this consumer began to hear of them.
        if hearings != self.hearings, !isFresh { return await lookUp(arrivals, from: intake) }
        for name in names where unwanted.contains(name.name) || cancelled.contains(name.name) { known.cancelled.insert(name.tag) }
        return known
    }

    private func accept(_ arrival: Arrival, from intake: Intake, isCancelled: Bool, isSuspect: Bool) {
        let (delivery, destination) = (arrival.delivery, arrival.destination)
        let held = HeldDelivery(intake: intake, tag: delivery.tag)
        if phase == .stopped { return reject([held]) }
        let identity = RequestIdentity(delivery.message, foreign: arrival.foreign, destination: destination)
        if let identity, let key = index.request(identity), let request = requests[key], request.message.body == delivery.message.body {
            // Given out again because a connection broke, or published twice: the one at work is the same request.
            request.add(held)
            // More is unsettled than there are requests.
            credit.wasUsedUp(at: executor.now)
            return
        }
        lastKey += 1
        let encoding = arrival.foreign.map { RequestEncoding($0) } ?? RequestEncoding(delivery.message, codecs: configuration.codecs)
        let request = ActiveRequest(
            key: lastKey, delivery: delivery, from: intake, destination: destination, rejection: arrival.rejection, encoding: encoding,
            executor: executor)
        request.identity = identity
        request.isSuspected = isSuspect
        requests[request.key] = request
        if phase == .draining || rights.isPaused { return giveBack([request]) }
        index.insert(request.key, identity: identity, cancelName: request.cancelName)
        telemetry.accepted(request)
        // The mark may have been heard of since the look.
        let isUnwanted = isCancelled || request.isMarked(in: cancelled)
        let canWait = request.defect == nil && request.rejection == nil && !isUnwanted && !request.isExpired(at: executor.now)
        if canWait, postpone(request) { return }
        request.foreign?.notice(.received)
        do throws(ServingError) {
            if let defect = request.defect { throw ServingError(code: .malformedRequest, message: defect) }
            if let refusal = request.rejection { throw refusal }
            if isUnwanted { throw ServingError.cancelledByCaller }
            if request.isExpired(at: executor.now) { throw ServingError.deadlinePassed(before: "the request reached a consumer") }
            try open(request, delivery, from: intake)
        } catch {
            request.fail(with: error)
            complete(request)
        }
    }

    /// Lets the inputs of a request wait for their batch, or for their turn if it is a suspect.
    func proceed(_ request: ActiveRequest, with inbound: InboundRequest, _ delivery: Delivery, from intake: Intake) {
        request.begin(inbound)
        switch intake {
        case .requests where request.isSuspected: return setAside(request)
        case .requests where delivery.isRedelivered:
            request.isOnTrial = true
            if program.weighs { trials += inputs(of: inbound, request) } else { collect(inputs(of: inbound, request)) }
        case .requests where caching != nil: unknown += inputs(of: inbound, request)
        case .requests: collect(inputs(of: inbound, request))
        case .suspects:
            collect(Suspect(request: request.key, delivery: delivery, work: Deque(inputs(of: inbound, request))), of: request)
        }
        if inbound.inputs.isEmpty { complete(request) }
    }

    /// Lets inputs wait for their batch. A suspect is not weighed, because decoding may be what ends the process.
    func collect(_ inputs: [PredictionWork]) {
        let now = executor.now
        for work in inputs {
            program.weigh(work)
            former.add(work, cost: work.cost, deadline: work.deadline, at: now)
        }
    }

    private func inputs(of inbound: InboundRequest, _ request: ActiveRequest) -> [PredictionWork] {
        let origin = RequestOrigin(
            id: request.id, attempt: request.attempts + 1, content: inbound.content, headers: request.message.headers)
        return inbound.inputs.enumerated().map { index, input in
            PredictionWork(
                request: request.key, index: index, origin: origin, input: input, codec: request.encoding.input,
                outputCodec: request.encoding.output, deadline: request.deadline)
        }
    }
}

/// A delivery, and where its answer goes, if it may go there.
struct Arrival {
    let delivery: Delivery
    let foreign: (any ForeignRequest)?
    let destination: ResultDestination?
    /// Why it is not served: its answer may not go where it wants it.
    let rejection: ServingError?

    init(_ delivery: Delivery, _ configuration: ConsumerConfiguration) {
        self.delivery = delivery
        let (policy, message) = (configuration.answers, delivery.message)
        foreign = configuration.dialect?.request(from: message, codecs: configuration.codecs)
        do throws(ServingError) {
            destination = if let foreign { try policy.permitted(foreign.destination) } else { try policy.destination(of: message) }
            rejection = nil
        } catch {
            destination = nil
            rejection = error
        }
    }

    /// What marks of its predictions are named by.
    var digest: SHA256Digest {
        RequestIdentity.digest(id: foreign?.id ?? InboundRequest.id(of: delivery.message), destination, delivery.message.body)
    }
}

extension ServingError {
    static let cancelledByCaller = ServingError(code: .cancelled, message: "the caller cancelled the request")

    static func crashed(times: Int) -> ServingError {
        ServingError(code: .crashed, message: "\(times) times a consumer was lost that held this request")
    }
}
