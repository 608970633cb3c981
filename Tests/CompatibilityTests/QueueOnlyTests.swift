import MLServing
import Testing

/// Clients of ours that reach RabbitMQ only.
@Suite("Results by the result queue", .enabled(if: LiveServers.areThere), .timeLimit(.minutes(5)))
struct QueueOnlyTests {
    @Test(arguments: ["native", "template-queue"])
    func submittedWorkIsFetchedThroughTheBroker(messaging: String) async throws {
        let queues = TestQueues()
        try await TestProgram.built("mlserving", ["consume", "echo"], queues: queues).serve {
            var values = LiveServers.variables(queues)
            values["PRODUCER_PROTOCOL"] = messaging
            values["QUEUE_ONLY"] = "1"
            // Nothing listens there.
            values["REDIS_NODES"] = "(127.0.0.1:1)"
            let settings = try ServingSettings(from: SettingsReader(values: values))
            let client = ProducerClient<[Int], [Int]>(settings: settings, logger: LiveServers.quiet)
            let ticket = try await client.submit([1, 2, 3])
            #expect(try await client.result(of: ticket) == [1, 2, 3])
            if messaging == "native" {
                #expect(try await client.result(of: ticket) == [1, 2, 3])
            } else {
                // The template's consumers remove what they hand over.
                await #expect(throws: ServingError.self) { try await client.result(of: ticket, timeout: .zero) }
            }
            await client.shutdown()
            try await TestProgram.python("remove", [queues.requests, queues.results], queues: queues).succeed()
        }
    }
}
