import MLServing

/// Makes requests and measures them.
struct BenchLoad: Sendable {
    let client: ProducerClient<[Double], [Double]>
    /// Each input.
    let payload: [Double]
    /// How many inputs a request has; more than one travel as a list.
    let itemsPerRequest: Int
    /// How many requests may be under way.
    let inFlight: Int
    let timeout: Duration
    /// Whether requests are only handed in, and nobody waits for their results.
    let submits: Bool
    /// Whether callers run where the client's connections are served.
    let sharesThread: Bool

    /// Makes requests, where callers are to run.
    func run(_ body: @escaping @Sendable () async -> Void) async throws {
        if sharesThread { try await client.onConnectionThread(body) } else { await body() }
    }

    /// So many callers who each ask again as soon as they have an answer.
    ///
    /// - Parameter endsInVain: Whether callers give up when the first requests that ended have failed: each of the others would take its timeout.
    func runClosed(requests: Int, into measurements: Measurements, endsInVain: Bool = false) async {
        await withTaskGroup(of: Void.self) { group in
            for _ in 0..<min(inFlight, requests) {
                group.addTask {
                    while !Task.isCancelled, !(endsInVain && measurements.isInVain), measurements.begin(outOf: requests) {
                        await ask(since: .now, into: measurements)
                    }
                }
            }
        }
    }

    /// A rate of requests that does not wait for answers, except for one to be less than `inFlight` under way. The latency counts from when a
    /// request was due, so that what holds others up is not left out.
    func runOpen(requests: Int, rate: Double, _ pattern: ArrivalPattern, into measurements: Measurements) async {
        var times = ArrivalTimes(rate: rate, pattern: pattern)
        var generator = SystemRandomNumberGenerator()
        let start = ContinuousClock.now
        await withTaskGroup(of: Void.self) { group in
            for number in 0..<requests where !Task.isCancelled {
                let due = start + times.next(using: &generator)
                if number >= inFlight { await group.next() }
                if due > .now { try? await Task.sleep(until: due, tolerance: .zero, clock: .continuous) }
                group.addTask { await ask(since: due, into: measurements) }
            }
        }
    }

    private func ask(since start: ContinuousClock.Instant, into measurements: Measurements) async {
        do {
            let times = try await submits ? submit() : itemsPerRequest == 1 ? askForOne() : askForSeveral()
            measurements.answered(after: .now - start, times)
        } catch let error as ServingError {
            measurements.failed(error)
        } catch {
            measurements.failed(ServingError(code: .unavailable, message: "\(error)"))
        }
    }

    private func askForOne() async throws -> ResultRecord.Times? {
        let prediction = try await client.prediction(for: payload, timeout: timeout)
        try check(prediction.output)
        return prediction.times
    }

    private func submit() async throws -> ResultRecord.Times? {
        _ = try await client.submit(payload, timeout: timeout)
        return nil
    }

    private func askForSeveral() async throws -> ResultRecord.Times? {
        let inputs = Array(repeating: payload, count: itemsPerRequest)
        let prediction = try await client.predictions(for: inputs, timeout: timeout)
        for outcome in prediction.outcomes { try check(outcome.get()) }
        return prediction.times
    }

    private func check(_ output: [Double]) throws(ServingError) {
        guard output == payload else { throw ServingError(code: .invalidOutput, message: "the echo differs from what was sent") }
    }
}
