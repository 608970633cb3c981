internal import EventLoop

/// Publishes the requests of dead letters again.
struct DeadLetterReplay: Sendable {
    /// How many times a result is removed that is there again as soon as it has been removed.
    private static let maximumRemovals = 5

    let transport: any Transport
    /// The queue of dead letters itself.
    let source: String
    let destination: String?
    let fallback: String?
    let timeToLive: Duration?

    /// Publishes requests in order, together.
    ///
    /// - Returns: For each letter whether the broker has confirmed its request, and why the first that it has not was not.
    /// - Throws: What was wrong before anything was published.
    func publish(_ letters: [DeadLetter]) async throws -> (isConfirmed: [Bool], failure: (any Error)?) {
        let queues = try letters.map(queue)
        try await removeResults(of: letters)
        let confirmations = Mailbox<(Int, Result<Void, TransportError>)>()
        let now = transport.executor.unixMilliseconds
        for (index, (letter, queue)) in zip(letters, queues).enumerated() {
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
        for case (let letter, (let queue, .failure(let error)?)) in zip(letters, zip(queues, results)) {
            failure = TransportError(code: error.code, message: "\(letter.id) could not be replayed to queue \(queue): \(error.message)")
            break
        }
        let isConfirmed = results.map { result in
            if case .success? = result { true } else { false }
        }
        return (isConfirmed, failure)
    }

    private func queue(for letter: DeadLetter) throws(TransportError) -> String {
        guard let queue = destination ?? letter.queue ?? fallback else {
            throw TransportError(code: .unroutable, message: "\(letter.id) does not say which queue it came from; name one to replay it to")
        }
        // It would lose its history, and be none the better for it.
        guard queue != source else {
            throw TransportError(
                code: .unroutable, message: "\(letter.id) cannot be replayed to \(source), which is the queue of dead letters itself")
        }
        return queue
    }

    /// Sees to it that the results of earlier attempts do not stand in the way of new ones.
    private func removeResults(of letters: [DeadLetter]) async throws {
        var keys = letters.compactMap(\.resultKey)
        for _ in 0..<Self.maximumRemovals where !keys.isEmpty {
            transport.store.remove(keys)
            // Removing is not answered, but the store does one after the other.
            let stored = try await transport.store.contains(keys)
            keys = zip(keys, stored).filter(\.1).map(\.0)
        }
        if let key = keys.first {
            throw TransportError(code: .unavailable, message: "the result under \(key) comes back whenever it is removed; try again later")
        }
    }
}
