import EventLoop
import MLServingCore
import MLServingTesting

/// What is asked of the simulated model: a number, and what happens to it there.
enum SimulatedInput: Hashable, Codable, Sendable {
    /// Is doubled.
    case good(Int)
    /// Is refused.
    case bad(Int)
    /// Fails now and then in a way that may pass.
    case flaky(Int)
    /// Has an answer that is too large for a message.
    case long(Int)
    /// Ends the process.
    case poison(Int)
}

/// A model that takes its time, and whose process some inputs end.
struct SimulatedModel: BatchPredictor {
    let executor: SimulatedExecutor
    let transport: UnreliableTransport
    let resultCaching: ResultCaching?

    /// What no message can carry, with what is around it.
    static let longAnswer = String(repeating: "long", count: 1_000)

    /// Everything that can hold a batch back or end it.
    var batchLimits: BatchLimits {
        var limits = BatchLimits.adaptive(targetLatency: .milliseconds(200), maximumCount: 4)
        limits.maximumCost = 5
        limits.maximumDelay = .milliseconds(20)
        return limits
    }

    func cost(of input: SimulatedInput) -> Double {
        if case .flaky = input { 2 } else { 1 }
    }

    func predict(batch inputs: [SimulatedInput]) async throws -> [String] {
        var randomness = ExecutorRandomness(executor)
        try await executor.sleep(for: .milliseconds(Int.random(in: 0...200, using: &randomness)))
        return try inputs.map { input in
            switch input {
            case .good(let number):
                return "\(2 * number)"
            case .bad:
                throw ServingError(code: .invalidInput, message: "bad")
            case .flaky(let number):
                if Int.random(in: 0..<3, using: &randomness) == 0 {
                    throw ServingError(code: .predictionFailed, message: "flaky", isRetryable: true)
                }
                return "\(2 * number)"
            case .long:
                return Self.longAnswer
            case .poison:
                transport.kill()
                throw CancellationError()
            }
        }
    }
}
