import Logging
import Testing

@testable import MLServingCore

/// What a client says of a store or a broker that it cannot use, and what it leaves when it ends.
@Suite("ProducerClient: refusals and endings", .timeLimit(.minutes(5)))
struct ProducerEndingTests {
    private static let refused = TransportError(code: .refused, message: "wrong password")

    @Test func callersHearThatAServerRefusesTheClient() async throws {
        let serving = try await Serving()
        let client = serving.client(transport: FaultyTransport(serving.server.transport(), .init(failure: Self.refused)))
        let error = await #expect(throws: ServingError.self) { try await client.predict(1, timeout: .seconds(60)) }
        #expect(error == ServingError(code: .refused, message: "wrong password"))
        await client.shutdown()
    }

    @Test func whoeverWaitsForATicketHearsThatTheStoreRefusesTheClient() async throws {
        let serving = try await Serving()
        let ticket = try #require(Ticket("mlserving:some"))
        let client = serving.client(transport: FaultyTransport(serving.server.transport(), .init(failure: Self.refused)))
        let error = await #expect(throws: ServingError.self) { try await client.result(of: ticket, timeout: .seconds(60)) }
        #expect(error?.code == .refused)
        await client.shutdown()
    }

    /// The store's connection has ended already when the transport says why.
    @Test func whoeverCancelsHearsThatTheStoreRefusesTheClient() async throws {
        let serving = try await Serving()
        let ticket = try #require(Ticket("mlserving:some"))
        let asked = Gate()
        let transport = FaultyTransport(serving.server.transport())
        transport.change {
            $0.failure = Self.refused
            $0.beforeFailure = { try await asked.wait() }
            $0.afterLook = { _ in
                asked.open()
                throw TransportError(code: .closed, message: "the test has closed the store")
            }
        }
        let client = serving.client(transport: transport)
        let error = await #expect(throws: ServingError.self) { try await client.cancel(ticket) }
        #expect(error?.code == .refused)
        await client.shutdown()
    }

    @Test func resultThatCouldNotBeLookedForIsUnavailableAndNotExpired() async throws {
        let serving = try await Serving()
        let ticket = try #require(Ticket("mlserving:some"))
        let client = serving.client(transport: FaultyTransport(serving.server.transport(), .init(gets: .max)))
        let error = await #expect(throws: ServingError.self) { try await client.result(of: ticket, timeout: .milliseconds(20)) }
        #expect(error?.code == .unavailable)
        let other = serving.client()
        let absent = await #expect(throws: ServingError.self) { try await other.result(of: ticket, timeout: .milliseconds(20)) }
        #expect(absent?.code == .expired)
        await client.shutdown()
        await other.shutdown()
    }

    /// Without limits of their own, which the servers' clients have, they would never end.
    @Test func waitForAStoreThatDoesNotAnswerEndsInTime() async throws {
        let serving = try await Serving()
        let ticket = try #require(Ticket("mlserving:some"))
        let client = serving.client(transport: FaultyTransport(serving.server.transport(), .init(isMute: true)))
        let result = await #expect(throws: ServingError.self) { try await client.result(of: ticket, timeout: .milliseconds(20)) }
        #expect(result?.code == .unavailable)
        let cancellation = await #expect(throws: ServingError.self) { try await client.cancel(ticket, timeout: .milliseconds(20)) }
        #expect(cancellation?.code == .unavailable)
        await client.shutdown()
    }

    /// A connection that the client itself has closed is no trouble.
    @Test func closedStoreIsNotComplainedOf() async throws {
        let serving = try await Serving()
        let lines = Recorded<String>()
        let closed = TransportError(code: .closed, message: "the connection has been stopped")
        let client = ProducerClient<Int, Int>(
            transport: FaultyTransport(
                serving.server.transport(), .init(entryRefusal: { _ in closed }, unreadable: { _ in closed })),
            configuration: ProducerConfiguration(route: Route(routingKey: serving.queue.name)),
            logger: Logger(label: "test") { _ in KeepingHandler(lines: lines) })
        await #expect(throws: ServingError.self) { try await client.predict(1, timeout: .milliseconds(20)) }
        await client.shutdown()
        #expect(!lines.all.contains { $0.contains("marker") || $0.contains("not read") }, "\(lines.all)")
    }

    @Test func shutdownWaitsForTheMarksOfWhatWasGivenUp() async throws {
        let serving = try await Serving()
        let transport = FaultyTransport(serving.server.transport())
        let client = serving.client(transport: transport)
        let call = Task { try await client.predict(1, timeout: .seconds(60)) }
        let source = try await serving.server.transport().broker.consume(serving.queue.name, prefetch: 1)
        let delivery = try #require(try await source.next().first)
        // A store that takes its time.
        transport.change { $0.beforePut = { try await Task.sleep(for: .milliseconds(50)) } }
        call.cancel()
        await #expect(throws: CancellationError.self) { try await call.value }
        await client.shutdown()
        let key = try #require(delivery.message.headers[MessageHeader.resultKey]?.string)
        let mark = CancelMark.entry(for: key, queue: serving.queue.name, timeToLive: .seconds(1)).key
        #expect(try await serving.server.transport().store.contains([mark]) == [true])
    }
}
