import Testing

@testable import MLServingCore

/// G3: a store that has lost its data costs time, and no answer.
@Suite("ProducerClient: store that lost its data", .timeLimit(.minutes(5)))
struct ProducerStoreLossTests {
    /// How a client can come to know of the loss.
    enum Sign: CaseIterable {
        /// It is told that it may have missed something, and finds another run of the server.
        case interruption
        /// It is told nothing, and misses its marker.
        case marker
    }

    @Test(arguments: Sign.allCases)
    func requestsWhoseResultsAreLostAreMadeAgain(sign: Sign) async throws {
        let serving = try await Serving()
        let (ours, theirs) = (FaultyTransport(serving.server.transport()), FaultyTransport(serving.server.transport()))
        // Until the loss nothing can be read.
        ours.change {
            $0.gets = .max
            $0.dropsNotifications = sign == .marker
        }
        // The second look comes five intervals later, when there has to be an answer also on a busy machine.
        let client = serving.client(transport: ours) { $0.sweepInterval = .milliseconds(500) }
        let seen = Recorded<Int>()
        let predictor = ClosurePredictor<Int, Int> { number in
            seen.append(number)
            return -number
        }
        try await running(serving.runner(predictor, transport: theirs)) {
            async let answer = client.predict(7, timeout: .seconds(60))
            // Answered and settled: now only the store has it.
            #expect(await theirs.events.wait(for: 2) == [.put(stored: true), .acknowledged(1)])
            await serving.server.loseRecords()
            ours.change { $0.gets = 0 }
            let answered = try await answer
            #expect(answered == -7)
            #expect(seen.all == [7, 7])
        }
        await client.shutdown()
    }

    /// A consumer that follows a fail-over later than the producer.
    @Test func requestsThatAreAnsweredInTheOldStoreAreMadeOnceMore() async throws {
        let serving = try await Serving()
        let theirs = FaultyTransport(serving.server.transport())
        theirs.change { $0.strayPuts = 2 }
        let client = serving.client { $0.sweepInterval = .milliseconds(20) }
        let seen = Recorded<Int>()
        let predictor = ClosurePredictor<Int, Int> { number in
            seen.append(number)
            return -number
        }
        try await running(serving.runner(predictor, transport: theirs)) {
            async let answer = client.predict(7, timeout: .seconds(60))
            #expect(await theirs.events.wait(for: 2) == [.put(stored: true), .acknowledged(1)])
            await serving.server.loseRecords()
            let answered = try await answer
            #expect(answered == -7)
            #expect(seen.all == [7, 7, 7])
        }
        await client.shutdown()
    }

    @Test func markerIsRenewedBeforeItEnds() async throws {
        let store = InMemoryServer().transport().store
        let marker = StoreMarker(prefix: "p:")
        let start = ContinuousClock.now
        for hours in [0, 1, 11, 13, 24, 47, 200] {
            let hasLostData = try await marker.check(in: store, at: start + .seconds(3_600 * hours), afterInterruption: false)
            #expect(!hasLostData)
        }
        #expect(try await store.contains((1...5).map { "p:marker-\($0)" }) == [true, true, true, true, false])
    }
}
