import MLServingCore

/// Messages with the header `plain`, whose bodies are numbers in JSON and whose answers are texts.
struct PlainDialect: RequestDialect {
    enum Event: Sendable, Hashable { case received, started, retried, succeeded, failed(ServingError.Code) }

    let events = Recorded<Event>()
    /// The consumer, as soon as the dialect runs.
    let consumers = Recorded<ConsumerControl>()

    func request(from message: Message, codecs: PayloadCodecs) -> (any ForeignRequest)? {
        message.headers["plain"]?.string.map { PlainRequest(id: $0, message: message, events: events) }
    }

    func run(beside consumer: ConsumerControl) async throws {
        consumers.append(consumer)
        try await Task.sleep(for: .seconds(86_400))
    }

    func consumerDrains() {}
}

private struct PlainRequest: ForeignRequest {
    let id: String
    let message: Message
    let events: Recorded<PlainDialect.Event>

    var destination: ResultDestination? { .store(key: "mlserving:plain-\(id)") }
    var inputCodec: any PayloadCodec { JSONCodec() }
    var outputCodec: any PayloadCodec { JSONCodec() }
    var deadline: Int64? { message.headers["until"]?.integer }
    var notBefore: Int64? { message.headers["from"]?.integer }

    func input() throws(ServingError) -> ArraySlice<UInt8> { message.body[...] }

    func answer(to outcome: ResultRecord.Outcome, unixMilliseconds: Int64) -> ForeignAnswer {
        switch outcome {
        case .success(let output): answer("is " + String(decoding: output, as: UTF8.self))
        case .failure(let error): answer("failed: \(error.code.rawValue)")
        }
    }

    func answer(beforeRetryAfter error: ServingError, unixMilliseconds: Int64) -> ForeignAnswer? { answer("not yet") }

    func isFinal(_ stored: [UInt8]) -> Bool { !stored.starts(with: "not".utf8) }

    func notice(_ event: RequestEvent) {
        switch event {
        case .received: events.append(.received)
        case .started: events.append(.started)
        case .retried: events.append(.retried)
        case .ended(.success, _): events.append(.succeeded)
        case .ended(.failure(let error), _): events.append(.failed(error.code))
        }
    }

    private func answer(_ text: String) -> ForeignAnswer {
        ForeignAnswer(body: Array(text.utf8), contentType: "text/plain", replacedPrefix: Array("not".utf8))
    }
}
