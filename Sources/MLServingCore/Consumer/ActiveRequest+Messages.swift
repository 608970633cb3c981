internal import Compression
internal import EventLoop

/// What becomes of a request: its result, or the request itself on its way to another queue.
extension ActiveRequest {
    // MARK: Results

    /// What whoever asked gets: a record, or the output by itself.
    private func answer(compression: PayloadCompression) -> [UInt8] {
        let codec = encoding.output
        if encoding.isBare, let outcome = outcomes.first ?? nil {
            switch outcome {
            case .success(let value): return Array(value)
            case .failure(let error): return (try? codec.encode(BareError(error))) ?? []
            }
        }
        var record = ResultRecord(
            requestID: id,
            outcomes: outcomes.compactMap { $0 },
            times: .init(
                queued: queued.microseconds,
                batching: ((started ?? accepted) - accepted).microseconds,
                predicting: predicting.microseconds
            )
        )
        // Only the text of an error message could fail to encode, and text always can be.
        guard message.acceptsCompression else { return (try? codec.encode(record: record)) ?? [] }
        record.acceptedEncoding = Zstandard.name
        let bytes = (try? codec.encode(record: record)) ?? []
        return compression.compressed(bytes) ?? bytes
    }

    /// What whoever asked gets in the form of the other system, if the request is of one.
    private func foreignAnswer(at unixMilliseconds: Int64) -> ForeignAnswer? {
        guard let foreign, let outcome = outcomes.first ?? nil else { return nil }
        return foreign.answer(to: outcome, unixMilliseconds: unixMilliseconds)
    }

    func storeEntry(timeToLive: Duration, compression: PayloadCompression, unixMilliseconds: Int64) -> StoreEntry? {
        guard case .store(let key)? = destination else { return nil }
        if let answer = foreignAnswer(at: unixMilliseconds) {
            return StoreEntry(key: key, value: answer.body, timeToLive: timeToLive, replacedPrefix: answer.replacedPrefix)
        }
        return StoreEntry(key: key, value: answer(compression: compression), timeToLive: timeToLive)
    }

    func reply(correlationID: String?, compression: PayloadCompression, unixMilliseconds: Int64) -> Message {
        if let answer = foreignAnswer(at: unixMilliseconds) {
            return Message(body: answer.body, contentType: answer.contentType, correlationID: correlationID)
        }
        let body = answer(compression: compression)
        return Message(body: body, contentType: encoding.output.contentType.rawValue, correlationID: correlationID)
    }

    // MARK: The request again

    /// The request as it came, without what has been noted on it on the way.
    var original: Message {
        var copy = message
        copy.timeToLive = nil
        copy.headers = copy.headers.filter { !MessageHeader.isOfBroker($0.key) && $0.key != MessageHeader.suspect }
        return copy
    }

    /// For the queue of suspects, where it waits no longer than its caller.
    ///
    /// - Parameter name: Names this copy: another may come of a move that was not confirmed.
    func suspect(named name: String, at now: ContinuousClock.Instant) -> Message {
        var copy = original
        copy.headers[MessageHeader.suspect] = .string(name)
        copy.timeToLive = deadline.map { max(.milliseconds(1), $0 - now) }
        return copy
    }

    /// The request unchanged, for the queue that it came from. A suspect stays one.
    func copy(at now: ContinuousClock.Instant) -> Message {
        var copy = message
        copy.headers = copy.headers.filter { !MessageHeader.isOfBroker($0.key) }
        if let deadline { copy.timeToLive = max(.milliseconds(1), deadline - now) }
        return copy
    }

    /// For a queue that gives it back after the delay.
    func retry(after delay: Duration, because reason: ServingError, unixMilliseconds: Int64) -> Message {
        var copy = original
        copy.timeToLive = delay
        note(reason, at: unixMilliseconds, in: &copy)
        return copy
    }

    /// The request as it came, with the reason beside it, and a word of it when it came without its body.
    func deadLetter(because reason: ServingError, from queue: String, unixMilliseconds: Int64) -> Message {
        var letter = original
        note(reason, at: unixMilliseconds, in: &letter)
        letter.headers[MessageHeader.deadLetterReason] = .string(reason.code.rawValue)
        letter.headers[MessageHeader.deadLetterMessage] = .string(reason.message.bounded)
        letter.headers[MessageHeader.deadLetterQueue] = .string(queue)
        letter.headers[MessageHeader.deadLetterTime] = .integer(unixMilliseconds)
        letter.headers[MessageHeader.deadLetterOmitted] = defect == nil ? nil : .string("body")
        return letter
    }

    /// Counts the attempt that failed, and adds it to the history, which keeps the last 16.
    private func note(_ reason: ServingError, at unixMilliseconds: Int64, in message: inout Message) {
        var failures: [FailedAttempt] = []
        if case .array(let earlier)? = message.headers[MessageHeader.failures] {
            // Whatever else is in there does not travel on: anybody may have written it.
            failures = earlier.suffix(FailedAttempt.maximumCount - 1).compactMap { FailedAttempt($0) }
        }
        failures.append(FailedAttempt(time: unixMilliseconds, error: reason))
        message.headers[MessageHeader.attempt] = .integer(Int64(attempts + 1))
        message.headers[MessageHeader.failures] = .array(failures.map(\.header))
    }
}

extension String {
    /// The text, cut to what a header has room for: 1,000 bytes of UTF-8.
    var bounded: String {
        guard utf8.count > 1_000 else { return self }
        return String(decoding: utf8.prefix(997), as: UTF8.self) + "…"
    }
}
