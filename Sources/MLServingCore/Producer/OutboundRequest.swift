internal import Compression
internal import EventLoop
internal import Synchronization

/// A request on its way out. A class, so that nothing of it is copied where it is passed on.
final class OutboundRequest: Sendable {
    let message: Message
    /// Where it goes, if not to the queue of requests.
    let route: Route?
    /// What the answer is found by: the result key in store mode, the request id in queue mode.
    let address: String
    let deadline: ContinuousClock.Instant

    /// What the logs of both sides call it.
    var id: String? { message.messageID ?? message.headers[MessageHeader.templateMessageID]?.string ?? message.correlationID }

    /// The queue that it goes to.
    func queue(in configuration: ProducerConfiguration) -> String { (route ?? configuration.route).routingKey }

    init(message: Message, route: Route? = nil, address: String, deadline: ContinuousClock.Instant) {
        self.message = message
        self.route = route
        self.address = address
        self.deadline = deadline
    }
}

extension ProducerEngine {
    /// Makes a request, which has a name of its own.
    ///
    /// - Parameters:
    ///   - inputs: How many inputs the body is a list of; `nil` if it is one input.
    ///   - terms: Which model it is for, and what its caller says of it.
    ///   - headers: What the message carries besides, such as the context of a trace.
    ///   - isSubmission: Whether the result is to be stored, whichever way results come otherwise.
    /// - Throws: ``ServingError`` with `too_large` when its parameters and metadata are.
    nonisolated func makeRequest(
        body: [UInt8], inputs: Int?, by terms: RequestTerms, headers: MessageHeaders, isSubmission: Bool = false
    ) throws(ServingError) -> OutboundRequest {
        let timeout = self.timeout(terms.options.timeout)
        let (id, key) = naming.next()
        let route = terms.model.map { Route(exchange: configuration.route.exchange, routingKey: $0.queue) }
        if configuration.dialect == .template {
            guard terms.options.isPlain else {
                let message = "the template's protocol carries no parameters, no metadata and no time to live of a result"
                throw ServingError(code: .malformedRequest, message: message)
            }
            var message = Message(body: body, timeToLive: timeout, headers: headers)
            switch configuration.resultMode {
            case .store: message.headers[MessageHeader.templateMessageID] = .string(key)
            case .queue: message.correlationID = id
            }
            return OutboundRequest(message: message, route: route, address: key, deadline: executor.now + timeout)
        }
        let isStored = configuration.resultMode == .store || isSubmission
        let unixNow = executor.unixMilliseconds
        var headers = headers
        headers.reserveCapacity(headers.count + 4)
        headers[MessageHeader.deadline] = .integer(unixNow + timeout.milliseconds)
        if let inputs { headers[MessageHeader.items] = .integer(Int64(inputs)) }
        if let replyContentType = configuration.replyContentType { headers[MessageHeader.accept] = .string(replyContentType.rawValue) }
        if isSubmission { headers[MessageHeader.task] = .bool(true) }
        if isStored { headers[MessageHeader.resultKey] = .string(key) }
        try terms.options.write(into: &headers)
        var message = Message(
            body: body,
            contentType: (terms.codec ?? configuration.codec).contentType.rawValue,
            messageID: id,
            correlationID: id,
            timeToLive: timeout,
            timestamp: UInt64(max(0, unixNow / 1_000)),
            headers: headers
        )
        if let compression = configuration.compression {
            message.acceptCompression()
            let queue = (route ?? configuration.route).routingKey
            if consumersExpand.withLock({ $0.contains(queue) }) { message.compress(compression) }
        }
        return OutboundRequest(message: message, route: route, address: isStored ? key : id, deadline: executor.now + timeout)
    }

    /// What came back, in the configured dialect.
    ///
    /// - Throws: ``ServingError`` with `invalid_output` for what is no record.
    nonisolated func answer(from bytes: [UInt8]) throws(ServingError) -> Answer {
        configuration.dialect == .template ? Answer(bare: bytes) : try Answer(bytes)
    }

    /// Takes note of whether the consumers of a model take compressed requests: the last one that answered speaks for all.
    nonisolated func heed(_ answer: Answer, of model: ModelAddress?) {
        guard configuration.compression != nil else { return }
        let queue = model?.queue ?? configuration.route.routingKey
        consumersExpand.withLock { queues in
            if answer.record.acceptedEncoding == Zstandard.name { queues.insert(queue) } else { queues.remove(queue) }
        }
    }

    /// A message cannot live for less than a millisecond, nor for longer than a year.
    nonisolated func timeout(_ timeout: Duration?) -> Duration {
        min(max(timeout ?? configuration.timeout, .milliseconds(1)), .seconds(31_536_000))
    }
}
