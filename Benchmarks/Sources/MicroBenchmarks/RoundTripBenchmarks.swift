import CAllocations
import Logging
import MLServingCore

/// Whole round trips through client, in-memory transport, consumer and predictor, all in this process.
struct RoundTripBenchmarks {
    /// A model that costs nothing, so that what is measured is the serving.
    private struct Increment: BatchPredictor {
        var batchLimits: BatchLimits { BatchLimits(maximumCount: 1_024) }
        func predict(batch inputs: [Int]) async throws -> [Int] { inputs.map { $0 &+ 1 } }
    }

    var repetitions: Int
    /// How many requests a run makes.
    var requests: Int

    func run() async throws -> [Measurement] {
        let server = InMemoryServer()
        var logger = Logger(label: "benchmarks")
        logger.logLevel = .critical
        let runner = ConsumerRunner(
            Increment(), transport: server.transport(), configuration: ConsumerConfiguration(prefetch: 512), logger: logger)
        let client = ProducerClient<Int, Int>(transport: server.transport(), logger: logger)
        return try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { try await runner.run() }
            try await waitForConsumer(client)
            let measurements = try await [
                measure("one at a time", client, callers: 1, list: nil),
                measure("64 under way", client, callers: 64, list: nil),
                measure("512 under way", client, callers: 512, list: nil),
                measure("lists of 64, one at a time", client, callers: 1, list: 64),
                measure("lists of 64, 8 under way", client, callers: 8, list: 64),
                measure("lists of 64, 32 under way", client, callers: 32, list: 64),
            ]
            await client.shutdown()
            group.cancelAll()
            // Ending by cancellation is what was asked for.
            while let result = await group.nextResult() {
                if case .failure(let error) = result, !(error is CancellationError) { throw error }
            }
            return measurements
        }
    }

    /// The consumer declares the queue; until then a request cannot be routed.
    private func waitForConsumer(_ client: ProducerClient<Int, Int>) async throws {
        let clock = ContinuousClock()
        let deadline = clock.now + .seconds(10)
        while true {
            do {
                _ = try await client.predict(0, timeout: .seconds(5))
                return
            } catch let error as ServingError where error.code == .unroutable && clock.now < deadline {
                try await clock.sleep(for: .milliseconds(5))
            }
        }
    }

    /// Measures predictions: with lists, each element is one.
    private func measure(_ name: String, _ client: ProducerClient<Int, Int>, callers: Int, list: Int?) async throws -> Measurement {
        let calls = max(callers, list.map { requests / $0 } ?? (callers == 1 ? requests / 4 : requests))
        let predictions = Double(calls * (list ?? 1))
        try await load(client, callers: callers, calls: calls / 4 + callers, list: list)
        var times: [Double] = []
        var processor: [Double] = []
        let before = allocations_count()
        for _ in 0..<repetitions {
            let start = (Clock.now, Clock.process)
            try await load(client, callers: callers, calls: calls, list: list)
            times.append((Clock.now - start.0) / predictions)
            processor.append((Clock.process - start.1) / predictions)
        }
        let allocations = Double(allocations_count() - before) / predictions / Double(repetitions)
        return Measurement(
            group: "round trip", name: name, nanoseconds: times.sorted()[repetitions / 2], allocations: allocations,
            processorNanoseconds: processor.sorted()[repetitions / 2])
    }

    private func load(_ client: ProducerClient<Int, Int>, callers: Int, calls: Int, list: Int?) async throws {
        let inputs = list.map { Array(0..<$0) }
        try await withThrowingTaskGroup(of: Void.self) { group in
            for caller in 0..<callers {
                let share = calls / callers + (caller < calls % callers ? 1 : 0)
                group.addTask {
                    for call in 0..<share {
                        if let inputs {
                            let outcomes = try await client.predict(batch: inputs)
                            guard try outcomes.count == inputs.count && outcomes[inputs.count - 1].get() == inputs.count else {
                                throw BenchmarkError(message: "a wrong answer")
                            }
                        } else {
                            guard try await client.predict(call) == call + 1 else { throw BenchmarkError(message: "a wrong answer") }
                        }
                    }
                }
            }
            try await group.waitForAll()
        }
    }
}
