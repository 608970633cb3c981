import MLServingTesting
import Synchronization
import Testing

@testable import MLServingCore

@Suite("Coalescing", .timeLimit(.minutes(5)))
struct ProducerCoalescingTests {
    /// Doubles; counts how many times each input came.
    private final class Doubling: BatchPredictor {
        let batchLimits = BatchLimits(maximumCount: 256)
        let seen = Mutex<[Int: Int]>([:])

        func predict(batch inputs: [Int]) async throws -> [Int] {
            seen.withLock { seen in for input in inputs { seen[input, default: 0] += 1 } }
            if inputs.contains(where: { $0 < 0 }) { throw ServingError(code: .invalidInput, message: "negative") }
            return inputs.map { 2 * $0 }
        }
    }

    /// A call that is under way while no consumer is there yet, so that others do not find the client idle.
    private func beginCall(_ client: ProducerClient<Int, Int>, _ serving: Serving) async throws -> Task<Int, any Error> {
        let first = Task { try await client.predict(1_000) }
        while try await serving.depth == 0 { await Task.yield() }
        return first
    }

    private func expectDoubled(_ number: Int, by client: ProducerClient<Int, Int>) async throws {
        let answer = try await client.predict(number)
        #expect(answer == 2 * number)
    }

    private func expectDoubled(_ first: Task<Int, any Error>) async throws {
        let answer = try await first.value
        #expect(answer == 2_000)
    }

    /// Makes calls at once, while another is under way, and counts the messages that they travel in.
    private func messages(of count: Int, mode: Serving.Mode = .store, _ coalescing: Coalescing?) async throws -> Int {
        let serving = try await Serving()
        let client: ProducerClient<Int, Int> = serving.client(mode) { $0.coalescing = coalescing }
        let first = try await beginCall(client, serving)
        let messages = try await withThrowingTaskGroup(of: Void.self) { group in
            for number in 0..<count {
                group.addTask { try await expectDoubled(number, by: client) }
            }
            let expected = coalescing.map { (count + $0.maximumCount - 1) / $0.maximumCount } ?? count
            while try await serving.depth <= expected { await Task.yield() }
            let depth = try await serving.depth - 1
            let runner = serving.runner(Doubling())
            let consumer = Task { try await runner.run() }
            try await group.waitForAll()
            try await expectDoubled(first)
            consumer.cancel()
            _ = await consumer.result
            return depth
        }
        await client.shutdown()
        return messages
    }

    @Test(arguments: Serving.Mode.allCases)
    func callsThatMeetShareAMessage(_ mode: Serving.Mode) async throws {
        var count = try await messages(of: 30, mode: mode, nil)
        #expect(count == 30)
        // The window ends before all have come only on a very slow machine.
        count = try await messages(of: 30, mode: mode, Coalescing(maximumCount: 10, window: .seconds(10)))
        #expect(count == 3)
    }

    @Test func loneCallDoesNotWait() async throws {
        let serving = try await Serving()
        let client: ProducerClient<Int, Int> = serving.client { $0.coalescing = Coalescing(window: .seconds(3_600)) }
        try await running(serving.runner(Doubling())) {
            for number in 0..<10 { try await expectDoubled(number, by: client) }
        }
        await client.shutdown()
    }

    @Test func callThatFailsInCompanyFailsAloneAndRestsAlone() async throws {
        let serving = try await Serving()
        let client: ProducerClient<Int, Int> = serving.client { $0.coalescing = Coalescing(maximumCount: 10, window: .seconds(10)) }
        let predictor = Doubling()
        let first = try await beginCall(client, serving)
        try await withThrowingTaskGroup(of: Void.self) { group in
            for number in 1...9 { group.addTask { try await expectDoubled(number, by: client) } }
            group.addTask {
                let error = await #expect(throws: ServingError.self) { try await client.predict(-1) }
                #expect(error?.code == .invalidInput)
            }
            while try await serving.depth < 2 { await Task.yield() }
            let runner = serving.runner(predictor)
            let consumer = Task { try await runner.run() }
            try await group.waitForAll()
            try await expectDoubled(first)
            consumer.cancel()
            _ = await consumer.result
        }
        // With the others, and by itself.
        #expect(predictor.seen.withLock { $0[-1] ?? 0 } >= 2)
        await client.shutdown()
        let letters = try await serving.deadLetters(1)
        #expect(try letters.map { try MessagePackCodec().decode(Int.self, from: $0.body[...]) } == [-1])
    }

    @Test func callThatIsCancelledLeavesTheOthersAlone() async throws {
        let serving = try await Serving()
        let client: ProducerClient<Int, Int> = serving.client { $0.coalescing = Coalescing(maximumCount: 10, window: .milliseconds(1)) }
        let predictor = Doubling()
        let first = try await beginCall(client, serving)
        try await withThrowingTaskGroup(of: Void.self) { group in
            let cancelled = (1...5).map { number in Task { try await client.predict(-number) } }
            for number in 1...5 { group.addTask { try await expectDoubled(number, by: client) } }
            while try await serving.depth < 2 { await Task.yield() }
            for call in cancelled {
                call.cancel()
                await #expect(throws: CancellationError.self) { try await call.value }
            }
            let runner = serving.runner(predictor)
            let consumer = Task { try await runner.run() }
            try await group.waitForAll()
            try await expectDoubled(first)
            consumer.cancel()
            _ = await consumer.result
        }
        await client.shutdown()
    }

    @Test func messageThatNobodyWaitsForIsNotPredicted() async throws {
        let serving = try await Serving()
        let client: ProducerClient<Int, Int> = serving.client { $0.coalescing = Coalescing(maximumCount: 3, window: .seconds(10)) }
        let predictor = Doubling()
        let first = try await beginCall(client, serving)
        let calls = (1...3).map { number in Task { try await client.predict(number) } }
        while try await serving.depth < 2 { await Task.yield() }
        for call in calls { call.cancel() }
        for call in calls { await #expect(throws: CancellationError.self) { try await call.value } }
        // Answered after the mark has been written, so the others' is seen.
        let ticket = try await client.submit(7)
        try await running(serving.runner(predictor)) {
            let result = try await client.result(of: ticket)
            #expect(result == 14)
            while try await serving.depth > 0 { await Task.yield() }
        }
        try await expectDoubled(first)
        #expect(predictor.seen.withLock { $0 } == [7: 1, 1_000: 1])
        await client.shutdown()
    }

    @Test func refusedMessageFailsEveryCall() async throws {
        let serving = try await Serving()
        let client: ProducerClient<Int, Int> = serving.client {
            $0.route = Route(routingKey: "nowhere")
            $0.coalescing = Coalescing(maximumCount: 3, window: .seconds(10))
        }
        await withTaskGroup(of: Void.self) { group in
            for number in 0..<3 {
                group.addTask {
                    let error = await #expect(throws: ServingError.self) { try await client.predict(number) }
                    #expect(error?.code == .unroutable)
                }
            }
        }
        await client.shutdown()
    }
}
