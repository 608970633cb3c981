import MLServing
import MLServingHealth
import Testing

@Suite("HealthConfiguration")
struct HealthConfigurationTests {
    @Test(arguments: [[:], ["HEALTH_PORT": ""], ["HEALTH_HOST": "0.0.0.0"]])
    func withoutPortThereIsNone(values: [String: String]) throws {
        #expect(try HealthConfiguration(from: SettingsReader(values: values)) == nil)
    }

    @Test func portAloneIsEnough() throws {
        let configuration = try HealthConfiguration(from: SettingsReader(values: ["HEALTH_PORT": "8080"]))
        #expect(configuration == HealthConfiguration(host: "127.0.0.1", port: 8_080))
        #expect(configuration?.limits == HealthLimits(registration: .seconds(60), progress: .seconds(300)))
    }

    @Test func everythingCanBeSet() throws {
        let values = ["HEALTH_PORT": "1", "HEALTH_HOST": "::", "HEALTH_BROKER_LIMIT": "1.5", "HEALTH_PROGRESS_LIMIT": "2"]
        let configuration = try HealthConfiguration(from: SettingsReader(values: values))
        let limits = HealthLimits(registration: .milliseconds(1_500), progress: .seconds(2))
        #expect(configuration == HealthConfiguration(host: "::", port: 1, limits: limits))
    }

    @Test(arguments: [("HEALTH_PORT", "0"), ("HEALTH_PORT", "65536"), ("HEALTH_BROKER_LIMIT", "-1"), ("HEALTH_PROGRESS_LIMIT", "soon")])
    func whatCannotBeUsedIsNamed(key: String, value: String) throws {
        let values = ["HEALTH_PORT": "8080"].merging([key: value]) { $1 }
        let error = #expect(throws: ConfigurationError.self) { try HealthConfiguration(from: SettingsReader(values: values)) }
        #expect(error?.key == key)
    }
}
