import MLServing
import Testing

@Suite("ServingSettings: queues")
struct QueueSettingsTests {
    @Test func queuesAreDeclaredUnlessToldOtherwise() throws {
        #expect(try ServingSettings(from: SettingsReader(values: [:])).queueDeclaration == .auto)
        #expect(try ServingSettings(from: SettingsReader(values: ["QUEUE_DECLARE": "passive"])).queueDeclaration == .passive)
    }

    @Test func unknownWayToDeclareIsRefusedByItsKey() {
        let error = #expect(throws: ConfigurationError.self) {
            try ServingSettings(from: SettingsReader(values: ["QUEUE_DECLARE": "never"]))
        }
        #expect(error?.description.contains("QUEUE_DECLARE") == true)
    }
}
