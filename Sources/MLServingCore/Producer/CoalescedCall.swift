/// What calls that share a message have in common.
struct CoalescingKey: Hashable {
    let model: ModelAddress?
    let timeout: Duration
}

/// One call that may share a message with others.
///
/// `@unchecked Sendable`: `caller` is used on the engine's executor only.
final class CoalescedCall: @unchecked Sendable {
    /// The encoded input.
    let input: ArraySlice<UInt8>
    let timeout: Duration
    /// Which model is asked; `nil`: the one that the configured route leads to.
    let model: ModelAddress?
    /// What the caller adds to the message, such as the context of its trace; that of a message's first call travels.
    let headers: MessageHeaders
    /// Who waits for the call's share of the message's answer.
    private var caller: UnsafeContinuation<Answer, any Error>?

    init(input: ArraySlice<UInt8>, model: ModelAddress? = nil, timeout: Duration, headers: MessageHeaders) {
        self.input = input
        self.model = model
        self.timeout = timeout
        self.headers = headers
    }

    /// What it has in common with those that it may share a message with.
    var key: CoalescingKey { CoalescingKey(model: model, timeout: timeout) }

    /// Whether nobody waits for it: it has been answered, or was left.
    var isOver: Bool { caller == nil }

    func begin(for caller: UnsafeContinuation<Answer, any Error>) {
        self.caller = caller
    }

    /// Ends the wait; only the first end counts.
    func end(_ result: Result<Answer, any Error>) {
        caller.take()?.resume(with: result)
    }
}

/// Calls that travel as one message.
struct CallGroup {
    private(set) var calls: [CoalescedCall]
    private(set) var byteCount: Int
    /// When the first of them came: the deadline of all of them counts from then.
    let arrival: ContinuousClock.Instant

    init(_ call: CoalescedCall, arrival: ContinuousClock.Instant) {
        calls = [call]
        byteCount = call.input.count
        self.arrival = arrival
    }

    var timeout: Duration { calls[0].timeout }
    var model: ModelAddress? { calls[0].model }
    var key: CoalescingKey { calls[0].key }
    var headers: MessageHeaders { calls[0].headers }
    var deadline: ContinuousClock.Instant { arrival + timeout }

    mutating func append(_ call: CoalescedCall) {
        calls.append(call)
        byteCount += call.input.count
    }

    /// Takes a call out that nobody waits for any more; `false` when it is not in the group.
    mutating func remove(_ call: CoalescedCall) -> Bool {
        guard let index = calls.firstIndex(where: { $0 === call }) else { return false }
        calls.remove(at: index)
        byteCount -= call.input.count
        return true
    }

    /// Ends the wait of all of them.
    func fail(_ error: any Error) {
        for call in calls { call.end(.failure(error)) }
    }

    /// Gives each call its share of the answer.
    ///
    /// - Returns: The calls that failed in company, which are to be asked for again by themselves: so a retry delays nobody else, and what
    ///   rests with the dead letters or is found to crash consumers is one call's request.
    /// - Throws: ``ServingError`` with `invalid_output` for a record that is not of these calls.
    func finish(with answer: Answer) throws(ServingError) -> [CoalescedCall] {
        var failed: [CoalescedCall] = []
        for (call, outcome) in zip(calls, try answer.outcomes(forInputs: calls.count)) {
            if case .failure(let error) = outcome, calls.count > 1, error.code.row.restsWithDeadLetters {
                failed.append(call)
            } else {
                call.end(.success(answer.share(outcome)))
            }
        }
        return failed
    }
}
