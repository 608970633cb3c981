import MLServing
import Testing

@Suite("Batch settings")
struct BatchSettingsTests {
    private func batching(_ values: [String: String]) throws -> BatchOverrides {
        try ServingSettings(from: SettingsReader(values: values)).consumer.batching
    }

    @Test func thePredictorDecidesByDefault() throws {
        #expect(try batching([:]) == BatchOverrides())
    }

    @Test func limitsAreRead() throws {
        let overrides = try batching(["MAX_BATCH_SIZE": "8", "MAX_BATCH_DELAY": "0", "TARGET_LATENCY": "250"])
        #expect(overrides == BatchOverrides(maximumCount: 8, maximumDelay: .zero, targetLatency: .milliseconds(250)))
    }

    @Test(arguments: [("MAX_BATCH_SIZE", "0"), ("MAX_BATCH_DELAY", "-1"), ("TARGET_LATENCY", "soon")])
    func whatCannotBeIsRefusedByItsKey(_ key: String, _ value: String) throws {
        #expect(try #require(throws: ConfigurationError.self) { try batching([key: value]) }.key == key)
    }
}
