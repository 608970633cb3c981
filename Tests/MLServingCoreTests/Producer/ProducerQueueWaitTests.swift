import Testing

@testable import MLServingCore

/// A queue that is about to exist is waited for, and one that is not to exist for no longer than 5 s (G1).
@Suite("ProducerClient: missing queue", .timeLimit(.minutes(5)))
struct ProducerQueueWaitTests {
    private enum Way: CaseIterable { case predict, batch, submit, coalesced, reply }

    private func ask(_ client: ProducerClient<Int, Int>, _ way: Way, timeout: Duration) async throws {
        switch way {
        case .predict, .coalesced, .reply: #expect(try await client.predict(1, timeout: timeout) == 1)
        case .batch: #expect(try await client.predict(batch: [1, 2], timeout: timeout).map { try $0.get() } == [1, 2])
        case .submit: _ = try await client.submit(1, timeout: timeout)
        }
    }

    private func client(_ serving: Serving, _ way: Way, _ transport: (any Transport)? = nil) -> ProducerClient<Int, Int> {
        serving.client(way == .reply ? .queue : .store, transport: transport) { if way == .coalesced { $0.coalescing = Coalescing() } }
    }

    @Test(arguments: Way.allCases)
    private func firstCallWaitsForTheQueue(way: Way) async throws {
        let serving = try await Serving()
        await serving.server.deleteQueue(serving.queue.name)
        let transport = FaultyTransport(serving.server.transport())
        let client = client(serving, way, transport)
        let call = Task { try await ask(client, way, timeout: .seconds(60)) }
        // It has found no queue twice.
        if way != .reply { await transport.events.wait(for: 2) }
        try await running(serving.runner(ClosurePredictor<Int, Int> { $0 })) { try await call.value }
        await client.shutdown()
    }

    @Test(arguments: [Way.predict, .submit])
    private func queueThatDoesNotComeIsUnroutable(way: Way) async throws {
        let serving = try await Serving()
        await serving.server.deleteQueue(serving.queue.name)
        let client = client(serving, way)
        let error = await #expect(throws: ServingError.self) { try await ask(client, way, timeout: .seconds(60)) }
        #expect(error?.code == .unroutable)
        await client.shutdown()
    }

    @Test func deadlineEndsTheWaitForTheQueue() async throws {
        let serving = try await Serving()
        await serving.server.deleteQueue(serving.queue.name)
        let client = serving.client()
        let error = await #expect(throws: ServingError.self) { _ = try await client.predict(1, timeout: .milliseconds(100)) }
        #expect(error?.code == .unroutable)
        await client.shutdown()
    }
}
