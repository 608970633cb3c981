import Testing

@testable import MLServingCore

/// Results that the store does not tell of, or that cannot be read.
@Suite("ProducerClient: silent store", .timeLimit(.minutes(5)))
struct ProducerSilenceTests {
    private let echo = ClosureBatchPredictor<Int, Int> { $0 }

    @Test func announcementsThatAreSwitchedOffCostOneSweepAndThenAPollInterval() async throws {
        let serving = try await Serving()
        let transport = FaultyTransport(serving.server.transport(), .init(mayFallSilent: true))
        // The sweep is so rare that what is answered soon has been polled.
        let client = serving.client(transport: transport) {
            $0.sweepInterval = .seconds(2)
            $0.pollInterval = .milliseconds(10)
        }
        try await running(serving.runner(echo), client) {
            _ = try await client.predict(1)
            transport.change { $0.isSilent = true }
            // The second may wait for a sweep that was due before the silence was noticed.
            for number in 2...3 { _ = try await client.predict(number) }
            // A sweep each would take twenty seconds.
            let start = ContinuousClock.now
            for number in 0..<10 { _ = try await client.predict(number) }
            #expect(ContinuousClock.now - start < .seconds(10))
            transport.change { $0.isSilent = false }
            _ = try await client.predict(4)
        }
    }

    /// A store that is full takes no marker, and has results all the same.
    @Test func resultsAreReadThoughNoMarkerCanBeWritten() async throws {
        let serving = try await Serving()
        let full = TransportError(code: .unavailable, message: "OOM")
        let transport = FaultyTransport(serving.server.transport(), .init(entryRefusal: { _ in full }, dropsNotifications: true))
        let client = serving.client(transport: transport) { $0.sweepInterval = .milliseconds(10) }
        try await running(serving.runner(echo), client) {
            let answer = try await client.predict(7, timeout: .seconds(60))
            #expect(answer == 7)
        }
    }

    @Test func resultThatCannotBeReadFailsAlone() async throws {
        let serving = try await Serving()
        let transport = FaultyTransport(serving.server.transport())
        let unreadable = Recorded<String>()
        transport.change { faults in
            faults.unreadable = { key in
                if unreadable.all.isEmpty { unreadable.append(key) }
                return unreadable.all.first == key ? TransportError(code: .refused, message: "WRONGTYPE") : nil
            }
        }
        let client = serving.client(transport: transport)
        try await running(serving.runner(echo), client) {
            let errors: [ServingError] = await withTaskGroup(of: ServingError?.self) { group in
                for number in 0..<20 {
                    group.addTask {
                        do {
                            return try await client.predict(number) == number ? nil : ServingError(code: .invalidOutput, message: "")
                        } catch {
                            return error as? ServingError
                        }
                    }
                }
                var errors: [ServingError] = []
                for await error in group { if let error { errors.append(error) } }
                return errors
            }
            #expect(errors.map(\.code) == [.resultRefused])
        }
    }

    @Test func valuesThatAreTooLargeTogetherAreReadInHalves() async throws {
        let store = HalvingStore()
        let results = try await store.readApart((0..<100).map { "\($0)" })
        #expect(results.count == 100)
        #expect(results.enumerated().allSatisfy { index, result in (try? result.get()) == (index == 42 ? nil : [UInt8(index)]) })
        #expect(results[42].failure?.code == .tooLarge)
    }
}

/// A store of which no more than eight values can be read at a time, and one not at all.
private struct HalvingStore: ResultStore {
    func write(_ entries: [StoreEntry]) async throws -> [StoreOutcome] { entries.map { _ in .stored } }

    func get(_ keys: [String]) async throws -> [[UInt8]?] {
        if keys.count > 8 || keys.contains("42") { throw TransportError(code: .tooLarge, message: "too large") }
        return keys.map { UInt8($0).map { [$0] } }
    }

    func contains(_ keys: [String]) async throws -> [Bool] { keys.map { _ in true } }
    func remove(_ keys: [String]) {}
    func serverRun(forKeysWithPrefix prefix: String) async throws -> String? { nil }

    func withNotifications<Outcome: Sendable>(
        forKeysWithPrefix prefix: String, body: @Sendable (any NotificationSource) async throws -> Outcome
    ) async throws -> Outcome {
        try await body(KeyNotifications())
    }
}
