import MLServing
import NIOCore
import Testing

@testable import TextClusteringService

@Suite struct ConnectionLimitsTests {
    @Test func everyKeyIsRead() throws {
        let limits = try ConnectionLimits(
            from: SettingsReader(values: [
                "MAX_CONNECTIONS": "10", "MAX_CONNECTIONS_PER_ADDRESS": "11", "HEADER_TIMEOUT": "1.5", "BODY_TIMEOUT": "13",
                "MIN_BODY_RATE": "14", "IDLE_TIMEOUT": "15", "WRITE_TIMEOUT": "16", "TRUSTED_PROXIES": "10.0.0.0/8, ::1",
            ]))
        #expect(limits.maximumConnections == 10)
        #expect(limits.maximumConnectionsPerClient == 11)
        #expect(limits.headTimeout == .milliseconds(1_500))
        #expect(limits.bodyTimeout == .seconds(13))
        #expect(limits.minimumBodyRate == 14)
        #expect(limits.idleTimeout == .seconds(15))
        #expect(limits.writeTimeout == .seconds(16))
        #expect(limits.trustedProxies == TrustedProxies("10.0.0.0/8 ::1"))
    }

    @Test(arguments: [
        ("MAX_CONNECTIONS", "0"), ("MAX_CONNECTIONS_PER_ADDRESS", "many"), ("HEADER_TIMEOUT", "0"), ("BODY_TIMEOUT", "-1"),
        ("MIN_BODY_RATE", "0"), ("IDLE_TIMEOUT", "nan"), ("WRITE_TIMEOUT", "inf"), ("TRUSTED_PROXIES", "10.0.0.0/40"),
    ])
    func wrongValueIsNamed(key: String, value: String) throws {
        let error = try #require(throws: ConfigurationError.self) { try ConnectionLimits(from: SettingsReader(values: [key: value])) }
        #expect(error.key == key)
        #expect(error.message.contains(value))
    }

    @Test func connectionsFitTheSystemsDescriptors() {
        var limits = ConnectionLimits(maximumConnections: 1_024)
        let fitsMany = limits.fit(descriptors: 20_000)
        #expect(fitsMany)
        #expect(limits.maximumConnections == 1_024)
        let fitsSome = limits.fit(descriptors: 1_024)
        #expect(!fitsSome)
        #expect(limits.maximumConnections < 1_024 - ConnectionTable.maximumGuests)
        let fitsNone = limits.fit(descriptors: 0)
        #expect(!fitsNone)
        #expect(limits.maximumConnections == 1)
    }

    @Test func serviceListensOnThisMachineUnlessToldOtherwise() throws {
        let address = try ListenAddress(from: SettingsReader(values: [:]))
        #expect(address.host == "127.0.0.1")
        #expect(address.port == 5_000)
        #expect(try ListenAddress(from: SettingsReader(values: ["HTTP_HOST": "::", "HTTP_PORT": "0"])).host == "::")
    }

    @Test func bodyHasToComeFastEnough() {
        let limits = ConnectionLimits(bodyTimeout: .seconds(30), minimumBodyRate: 1_000, bodyGrace: .seconds(5))
        let start = NIODeadline.uptimeNanoseconds(1_000_000_000)
        var pace = BodyPace(start: start, limits: limits)
        #expect(pace.deadline == start + .seconds(5))
        pace.receive(2_000)
        #expect(pace.deadline == start + .seconds(7))
        pace.receive(.max)
        #expect(pace.deadline == start + .seconds(30))
    }
}
