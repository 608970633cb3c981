import MLServingCore
import MLServingTesting
import Testing

@Suite("In-memory transport", .timeLimit(.minutes(5)))
struct InMemoryTransportTests {
    @Test(arguments: TransportConformance.checks)
    func conforms(to check: TransportConformance.Check) async throws {
        let server = InMemoryServer()
        try await check.run { server.transport() }
    }
}
