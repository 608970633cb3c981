internal import DequeModule
internal import EventLoop

/// Deliveries in.
extension ConsumerEngine {
    func takeIn(from intake: Intake, _ source: any DeliverySource) async throws {
        while case let deliveries = try await source.next(), !deliveries.isEmpty {
            if phase == .stopped { return }
            // Else what is given back would come here again and again.
            if phase == .draining { await endIntake(from: intake) }
            let destinations = deliveries.map { ResultDestination($0.message) }
            let known = await lookUp(deliveries, to: destinations, from: intake)
            for (delivery, destination) in zip(deliveries, destinations) {
                if known.answered.contains(delivery.tag) {
                    telemetry.duplicate(InboundRequest.id(of: delivery.message))
                    source.acknowledge([delivery.tag])
                    continue
                }
                accept(delivery, to: destination, from: intake, isCancelled: known.cancelled.contains(delivery.tag))
            }
            health.note { $0.arrived(held: requests.count, at: executor.now) }
            await collectUnknown()
            dispatch()
        }
    }

    /// What the store knows of requests that this consumer may have missed something of: which are answered, and which nobody wants any more.
    private func lookUp(
        _ deliveries: [Delivery], to destinations: [ResultDestination?], from intake: Intake
    ) async -> (answered: Set<DeliveryTag>, cancelled: Set<DeliveryTag>) {
        var known: (answered: Set<DeliveryTag>, cancelled: Set<DeliveryTag>) = ([], [])
        var questions: [(key: String, tag: DeliveryTag, isMark: Bool)] = []
        for (delivery, destination) in zip(deliveries, destinations) {
            guard case .store(let key)? = destination else { continue }
            listenForCancellations()
            // Answered before, and only the settlement was lost.
            let isAgain = delivery.isRedelivered || intake == .suspects || delivery.message.headers[MessageHeader.attempt] != nil
            if isAgain { questions.append((key, delivery.tag, false)) }
            if cancelled.contains(key) {
                known.cancelled.insert(delivery.tag)
            } else if !hearsOfCancellation(of: delivery.message) {
                questions.append((CancelMark.key(of: key, queue: configuration.queue.name), delivery.tag, true))
            }
        }
        let hearings = self.hearings
        // When the store cannot tell, predicting again is safe: the first result wins.
        guard !questions.isEmpty, let answers = try? await transport.store.contains(questions.map(\.key)) else { return known }
        // Marks that came after the look, and before this consumer began to hear of them.
        if hearings != self.hearings { return await lookUp(deliveries, to: destinations, from: intake) }
        for (question, isThere) in zip(questions, answers) where isThere {
            if question.isMark { known.cancelled.insert(question.tag) } else { known.answered.insert(question.tag) }
        }
        return known
    }

    private func accept(_ delivery: Delivery, to destination: ResultDestination?, from intake: Intake, isCancelled: Bool) {
        let held = HeldDelivery(intake: intake, tag: delivery.tag)
        guard phase == .consuming else { return reject([held]) }
        let identity = destination?.identifiesRequest == true ? destination : nil
        if let identity, let key = keys[identity], let request = requests[key] {
            // Given out again because a connection broke, or published twice: the one at work is the same request.
            request.add(held)
            return
        }
        lastKey += 1
        let encoding = RequestEncoding(delivery.message, codecs: configuration.codecs)
        let request = ActiveRequest(
            key: lastKey, delivery: delivery, from: intake, destination: destination, encoding: encoding, executor: executor)
        requests[request.key] = request
        if let identity { keys[identity] = request.key }
        telemetry.accepted(request)
        do throws(ServingError) {
            let inbound = try InboundRequest(delivery.message, encoding: encoding)
            request.begin(inbound)
            // The mark may have been heard of since the look.
            if isCancelled || request.isMarked(in: cancelled) { throw ServingError.cancelledByCaller }
            if request.isExpired(at: executor.now) { throw ServingError.deadlinePassed(before: "the request reached a consumer") }
            switch intake {
            case .requests where delivery.isRedelivered: setAside(request)
            case .requests where caching != nil: unknown += inputs(of: inbound, request)
            case .requests: collect(inputs(of: inbound, request))
            case .suspects: suspects.append(Suspect(request: request.key, delivery: delivery, work: Deque(inputs(of: inbound, request))))
            }
            if inbound.inputs.isEmpty { complete(request) }
        } catch {
            request.fail(with: error)
            complete(request)
        }
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
        inbound.inputs.enumerated().map { index, input in
            PredictionWork(
                request: request.key, index: index, input: input, codec: request.encoding.input, outputCodec: request.encoding.output,
                deadline: request.deadline)
        }
    }
}

extension ServingError {
    static let cancelledByCaller = ServingError(code: .cancelled, message: "the caller cancelled the request")

    static func crashed(times: Int) -> ServingError {
        ServingError(code: .crashed, message: "\(times) times a consumer was lost that held this request")
    }
}
