import Testing

@testable import MLServingCore

/// Predicts numbers, and counts what it is asked for.
private struct CountingPredictor: BatchPredictor {
    let seen = Recorded<Int>()
    let gate = Gate()
    var version = "1"
    var timeToLive = Duration.seconds(60)

    var resultCaching: ResultCaching? { ResultCaching(model: "double", version: version, timeToLive: timeToLive) }

    /// Waits at zero, and refuses what is negative.
    func predict(batch inputs: [Int]) async throws -> [Int] {
        for input in inputs {
            seen.append(input)
            if input == 0 { try await gate.wait() }
            if input < 0 { throw ServingError(code: .invalidInput, message: "negative") }
        }
        return inputs.map { 2 * $0 }
    }
}

@Suite("ConsumerRunner: equal inputs", .timeLimit(.minutes(5)))
struct ConsumerCachingTests {
    @Test func equalInputsInFlightArePredictedOnce() async throws {
        let serving = try await Serving()
        var predictor = CountingPredictor()
        predictor.timeToLive = .zero
        for number in 0..<20 { try await serving.publish(0, key: "zero-\(number)") }
        try await serving.publish(5, key: "five")
        try await running(serving.runner(predictor) { $0.concurrency = 2 }) { [predictor] in
            await predictor.seen.wait()
            predictor.gate.open()
            for number in 0..<20 { try await serving.expect(.success(0), under: "zero-\(number)") }
            try await serving.expect(.success(10), under: "five")
        }
        #expect(predictor.seen.all.sorted() == [0, 5])
    }

    @Test func equalInputsOfOneRequestArePredictedOnce() async throws {
        let serving = try await Serving()
        let predictor = CountingPredictor()
        let client = serving.client()
        try await running(serving.runner(predictor)) {
            let outcomes = try await client.predict(batch: [3, 4, 3, 3, 4], timeout: .seconds(60))
            let answers = try outcomes.map { try $0.get() }
            #expect(answers == [6, 8, 6, 6, 8])
        }
        #expect(predictor.seen.all.sorted() == [3, 4])
        await client.shutdown()
    }

    @Test(arguments: [Serving.Mode.store, .queue])
    func whatHasBeenPredictedIsServedFromTheStore(mode: Serving.Mode) async throws {
        let serving = try await Serving()
        let (first, second, client) = (CountingPredictor(), CountingPredictor(), serving.client(mode))
        try await running(serving.runner(first)) {
            try await ask(client, 7)
            // Replies do not wait for the store.
            try await waitForOutput(in: serving)
        }
        try await running(serving.runner(second)) {
            try await ask(client, 7)
            try await ask(client, 8)
        }
        #expect(first.seen.all == [7])
        #expect(second.seen.all == [8])
        await client.shutdown()
    }

    private func ask(_ client: ProducerClient<Int, Int>, _ number: Int, sourceLocation: SourceLocation = #_sourceLocation) async throws {
        let answer = try await client.predict(number, timeout: .seconds(60))
        #expect(answer == 2 * number, sourceLocation: sourceLocation)
    }

    private func key(of number: Int) throws -> CacheKey {
        let (codec, caching) = (MessagePackCodec(), try #require(CountingPredictor().resultCaching))
        return try CacheKey(codec.encode(number)[...], encodedBy: codec, outputType: codec.contentType, for: caching)
    }

    private func waitForOutput(in serving: Serving) async throws {
        let key = try key(of: 7)
        let store = serving.server.transport().store
        let name = key.storeKey(queue: serving.queue.name)
        try await store.withNotifications(forKeysWithPrefix: name) { source in
            while try await store.contains([name]) == [false] { _ = try await source.next() }
        }
    }

    @Test func anotherVersionPredictsAnew() async throws {
        let serving = try await Serving()
        let (old, client) = (CountingPredictor(), serving.client())
        let new = CountingPredictor(version: "2")
        try await running(serving.runner(old)) { try await ask(client, 7) }
        try await running(serving.runner(new)) { try await ask(client, 7) }
        #expect(new.seen.all == [7])
        await client.shutdown()
    }

    @Test func configurationOverridesHowLongOutputsAreKept() async throws {
        let serving = try await Serving()
        let (predictor, client) = (CountingPredictor(), serving.client())
        try await running(serving.runner(predictor) { $0.resultCacheTimeToLive = .zero }) {
            try await ask(client, 7)
            try await ask(client, 7)
        }
        #expect(predictor.seen.all == [7, 7])
        await client.shutdown()
    }

    @Test func whatFailsFailsForItselfAlone() async throws {
        let serving = try await Serving()
        let predictor = CountingPredictor()
        for number in 0..<3 { try await serving.publish(-1, key: "bad-\(number)") }
        try await running(serving.runner(predictor)) {
            for number in 0..<3 {
                let code = try await serving.number(under: "bad-\(number)").failure?.code
                #expect(code == .invalidInput)
            }
        }
        #expect(predictor.seen.all == [-1, -1, -1])
        #expect(try await serving.deadLetters(3).count == 3)
    }

    @Test func whoWaitsForACancelledOneIsPredicted() async throws {
        let serving = try await Serving()
        let (predictor, client) = (CountingPredictor(), serving.client())
        let leader = try await client.submit(0, timeout: .seconds(60))
        let follower = try await client.submit(0, timeout: .seconds(60))
        try await running(serving.runner(predictor)) {
            await predictor.seen.wait()
            let isCancelled = try await client.cancel(leader)
            #expect(isCancelled)
            let error = await #expect(throws: ServingError.self) { try await client.result(of: leader, timeout: .seconds(60)) }
            #expect(error?.code == .cancelled)
            predictor.gate.open()
            let answer = try await client.result(of: follower, timeout: .seconds(60))
            #expect(answer == 0)
        }
        #expect(predictor.seen.all == [0, 0])
        await client.shutdown()
    }

    @Test func storeThatFailsCostsNothingButPredictions() async throws {
        let serving = try await Serving()
        let (predictor, client) = (CountingPredictor(), serving.client())
        let transport = FaultyTransport(serving.server.transport())
        try await running(serving.runner(predictor, transport: transport)) {
            try await ask(client, 7)
            transport.change { $0.gets = 1 }
            try await ask(client, 7)
            try await ask(client, 7)
        }
        #expect(predictor.seen.all == [7, 7])
        await client.shutdown()
    }

    @Test func valueUnderTheKeyThatIsNoOutputIsNotServed() async throws {
        let serving = try await Serving()
        let (predictor, client) = (CountingPredictor(), serving.client())
        let key = try key(of: 7)
        _ = try await serving.server.transport().store.put([
            StoreEntry(key: key.storeKey(queue: serving.queue.name), value: [0x93, 0x01], timeToLive: .seconds(60))
        ])
        try await running(serving.runner(predictor)) { try await ask(client, 7) }
        await client.shutdown()
    }

    @Test func drainAnswersWhoWaitsForAnEqualInput() async throws {
        let serving = try await Serving()
        let (predictor, client) = (CountingPredictor(), serving.client())
        let service = RunningService(serving.runner(predictor) { $0.concurrency = 2 })
        // Its second input waits for the first request's.
        let leader = try await client.submit(0, timeout: .seconds(60))
        await predictor.seen.wait()
        async let outcomes = client.predict(batch: [1, 0], timeout: .seconds(60))
        await predictor.seen.wait(for: 2)
        await service.beginShutdown()
        predictor.gate.open()
        try await service.waitForEnd()
        #expect(try await client.result(of: leader, timeout: .seconds(60)) == 0)
        let values = try await outcomes.map { try $0.get() }
        #expect(values == [2, 0])
        await client.shutdown()
    }
}
