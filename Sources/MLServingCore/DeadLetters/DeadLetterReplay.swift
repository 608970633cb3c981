internal import EventLoop

/// Publishes the requests of dead letters again.
struct DeadLetterReplay: Sendable {
    /// How many times a result is removed that is there again as soon as it has been removed.
    private static let maximumRemovals = 5

    let transport: any Transport
    /// The queue of dead letters itself.
    let source: String
    /// The queue that the operator has named, or that the letters' queue belongs to. What a letter says of itself does not count: whoever may publish
    /// may have written it.
    let destination: String?
    /// Where answers may go, and so which results may be removed.
    let answers: AnswerPolicy
    let timeToLive: Duration?

    /// Publishes requests in order, together.
    ///
    /// - Returns: For each letter whether the broker has confirmed its request, and why the first that it has not was not.
    /// - Throws: What was wrong before anything was published.
    func publish(_ letters: [DeadLetter]) async throws -> (isConfirmed: [Bool], failure: (any Error)?) {
        if letters.isEmpty { return ([], nil) }
        let queue = try queue(for: letters)
        try await removeErrors(of: letters)
        let confirmations = Mailbox<(Int, Result<Void, TransportError>)>()
        let now = transport.executor.unixMilliseconds
        for (index, letter) in letters.enumerated() {
            let request = letter.request(timeToLive: timeToLive, unixMilliseconds: now)
            transport.broker.publish(request, to: Route(routingKey: queue)) { confirmations.append((index, $0)) }
        }
        var results = [Result<Void, TransportError>?](repeating: nil, count: letters.count)
        var failure: (any Error)?
        do {
            while results.contains(where: { $0 == nil }) {
                for (index, result) in try await confirmations.next() { results[index] = result }
            }
        } catch {
            // Cancelled: letters whose requests are not confirmed yet stay.
            failure = error
        }
        for case (let letter, .failure(let error)?) in zip(letters, results) {
            failure = TransportError(code: error.code, message: "\(letter.id) could not be replayed to queue \(queue): \(error.message)")
            break
        }
        let isConfirmed = results.map { result in
            if case .success? = result { true } else { false }
        }
        return (isConfirmed, failure)
    }

    private func queue(for letters: [DeadLetter]) throws(TransportError) -> String {
        guard let destination else {
            let name = letters.first?.id.harmless(maximumLength: 200) ?? ""
            throw TransportError(code: .unroutable, message: "\(name) is in \(source), which is no queue's own; name one to replay it to")
        }
        // It would lose its history, and be none the better for it.
        guard destination != source else {
            throw TransportError(
                code: .unroutable, message: "nothing can be replayed to \(source), which is the queue of dead letters itself")
        }
        return destination
    }

    /// Removes the errors that these requests were answered with, so that they do not stand in the way of new results. No other value is removed,
    /// whatever key a letter names: it may be anybody's.
    private func removeErrors(of letters: [DeadLetter]) async throws {
        var rest = letters.compactMap { letter -> (key: String, id: String)? in
            guard let key = (try? answers.destination(of: letter.message))?.key else { return nil }
            return (key, InboundRequest.id(of: letter.message))
        }
        for _ in 0..<Self.maximumRemovals {
            let values = try await transport.store.get(rest.map(\.key))
            rest = zip(rest, values).filter { Self.isError($1, of: $0.id) }.map(\.0)
            if rest.isEmpty { return }
            transport.store.remove(rest.map(\.key))
        }
        if let key = rest.first?.key {
            throw TransportError(code: .unavailable, message: "the result under \(key) comes back whenever it is removed; try again later")
        }
    }

    /// Whether a stored value is the record of a request that failed.
    private static func isError(_ value: [UInt8]?, of id: String) -> Bool {
        guard let value, let record = try? Answer(value).record, record.requestID == id else { return false }
        return record.outcomes.contains { outcome in
            if case .failure = outcome { true } else { false }
        }
    }
}
