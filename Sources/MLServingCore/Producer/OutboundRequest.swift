internal import Compression
internal import EventLoop
internal import Synchronization

/// A request on its way out.
struct OutboundRequest: Sendable {
    var message: Message
    /// What the answer is found by: the result key in store mode, the request id in queue mode.
    let address: String
    let deadline: ContinuousClock.Instant
}

extension ProducerEngine {
    /// Makes a request, which has a name of its own.
    ///
    /// - Parameters:
    ///   - inputs: How many inputs the body is a list of; `nil` if it is one input.
    ///   - timeout: How long there is for it; by default as the configuration says.
    nonisolated func makeRequest(body: [UInt8], inputs: Int?, timeout: Duration?) -> OutboundRequest {
        let timeout = self.timeout(timeout)
        let (id, key) = naming.next()
        let unixNow = executor.unixMilliseconds
        var headers: [String: HeaderValue] = [MessageHeader.deadline: .integer(unixNow + timeout.milliseconds)]
        if let inputs { headers[MessageHeader.items] = .integer(Int64(inputs)) }
        if configuration.resultMode == .store { headers[MessageHeader.resultKey] = .string(key) }
        var message = Message(
            body: body,
            contentType: configuration.codec.contentType.rawValue,
            messageID: id,
            correlationID: id,
            timeToLive: timeout,
            timestamp: UInt64(max(0, unixNow / 1_000)),
            headers: headers
        )
        if let compression = configuration.compression {
            message.acceptCompression()
            if consumersExpand.load(ordering: .relaxed) { message.compress(compression) }
        }
        return OutboundRequest(
            message: message, address: configuration.resultMode == .store ? key : id, deadline: executor.now + timeout)
    }

    /// Takes note of whether consumers take compressed requests: the last one that answered speaks for all.
    nonisolated func heed(_ answer: Answer) {
        if configuration.compression != nil { consumersExpand.store(answer.record.acceptedEncoding == Zstandard.name, ordering: .relaxed) }
    }

    /// A message cannot live for less than a millisecond, nor for longer than a year.
    nonisolated func timeout(_ timeout: Duration?) -> Duration {
        min(max(timeout ?? configuration.timeout, .milliseconds(1)), .seconds(31_536_000))
    }
}
