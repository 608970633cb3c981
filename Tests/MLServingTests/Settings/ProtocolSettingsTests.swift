import MLServing
import Testing

@Suite("Settings of the protocol")
struct ProtocolSettingsTests {
    private func settings(_ values: [String: String]) throws(ConfigurationError) -> ServingSettings {
        try ServingSettings(from: SettingsReader(values: values))
    }

    @Test(arguments: [
        ("native", ProducerConfiguration.Dialect.native, ProducerConfiguration.ResultMode.store), ("template-store", .template, .store),
        ("template-queue", .template, .queue),
    ])
    func protocolIsChosen(name: String, dialect: ProducerConfiguration.Dialect, mode: ProducerConfiguration.ResultMode) throws {
        let producer = try settings(["PRODUCER_PROTOCOL": name]).producer
        #expect(producer.dialect == dialect)
        #expect(producer.resultMode == mode)
        #expect(producer.resultQueue == nil)
    }

    @Test(arguments: [
        ["PRODUCER_PROTOCOL": "template"], ["PRODUCER_PROTOCOL": "template-store", "QUEUE_ONLY": "1"],
        ["PRODUCER_PROTOCOL": "template-queue", "QUEUE_ONLY": "0"], ["PRODUCER_PROTOCOL": "template-store", "REDIS_CLUSTER": "1"],
    ])
    func contradictionsAreNamed(values: [String: String]) {
        let error = #expect(throws: ConfigurationError.self) { try settings(values) }
        #expect(error?.key == "PRODUCER_PROTOCOL")
    }

    @Test func resultQueueIsForBothSides() throws {
        let settings = try settings(["CACHE_QUEUE_NAME": "cache_queue", "RESULT_PREFIX": "own", "EXCHANGE_NAME": "models"])
        #expect(settings.consumer.resultQueue == ResultQueue(name: "cache_queue", keyPrefix: "own"))
        #expect(settings.producer.resultQueue == Route(exchange: "models", routingKey: "cache_queue"))
        #expect(try ServingSettings(from: SettingsReader(values: [:])).consumer.resultQueue == nil)
    }
}
