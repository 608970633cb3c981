import MLServing
import Testing

@Suite("Settings of encryption and login")
struct SecuritySettingsTests {
    private func settings(_ values: [String: String]) throws(ConfigurationError) -> ServingSettings {
        try ServingSettings(from: SettingsReader(values: values))
    }

    @Test func nothingIsEncryptedUnlessToldSo() throws {
        for values in [[:], ["RABBIT_TLS": "0", "REDIS_TLS": "0"], ["RABBIT_TLS": "", "REDIS_TLS": ""]] {
            let settings = try settings(values)
            #expect(settings.rabbitTLS == nil)
            #expect(settings.redisTLS == nil)
            #expect(settings.rabbitNodes == [ServerNode(host: "localhost", port: 5_672)])
            #expect(settings.rabbitAuthentication == .plain)
        }
    }

    @Test func encryptionVerifiesEverythingByTheSystemsAuthorities() throws {
        let settings = try settings(["RABBIT_TLS": "1", "REDIS_TLS": "yes"])
        #expect(settings.rabbitTLS == TLSSettings())
        #expect(settings.redisTLS == TLSSettings())
        #expect(TLSSettings().verification == .full)
        #expect(settings.rabbitNodes == [ServerNode(host: "localhost", port: 5_671)])
    }

    @Test func nodesAreWhatTheyAreSaidToBe() throws {
        let settings = try settings(["RABBIT_TLS": "1", "RABBIT_NODES": "(rabbit.example:1234)"])
        #expect(settings.rabbitNodes == [ServerNode(host: "rabbit.example", port: 1_234)])
    }

    @Test(arguments: ["RABBIT", "REDIS"])
    func verificationAndNameAreChosen(_ server: String) throws {
        for verification in TLSSettings.Verification.allCases {
            let values = [
                "\(server)_TLS": "1", "\(server)_TLS_VERIFY": verification.rawValue, "\(server)_TLS_SERVER_NAME": "name.example",
            ]
            let tls = try SettingsReader(values: values).tls(server)
            #expect(tls?.verification == verification)
            #expect(tls?.serverName == "name.example")
        }
    }

    // Whoever names an authority believes that the connection is encrypted.
    @Test(arguments: ["RABBIT", "REDIS"], ["CA_FILE", "CERTIFICATE_FILE", "KEY_FILE", "KEY_PASSWORD", "VERIFY", "SERVER_NAME"])
    func detailsOfAnEncryptionThatNobodySwitchedOnAreRefused(_ server: String, _ detail: String) throws {
        let error = try #require(throws: ConfigurationError.self) { try settings(["\(server)_TLS_\(detail)": "full"]) }
        #expect(error.key == "\(server)_TLS_\(detail)")
        #expect(error.message.contains("set \(server)_TLS to 1"))
        #expect(try settings(["\(server)_TLS_\(detail)": "full", "\(server)_TLS": "0"]).redisTLS == nil)
    }

    @Test(arguments: [
        (["RABBIT_TLS_CA_FILE": "/no/such/file"], "RABBIT_TLS_CA_FILE"),
        (["RABBIT_TLS_CERTIFICATE_FILE": "/no/such/file", "RABBIT_TLS_KEY_FILE": "/no/such/file"], "RABBIT_TLS_CERTIFICATE_FILE"),
        (["RABBIT_TLS_CERTIFICATE_FILE": "/no/such/file"], "RABBIT_TLS_KEY_FILE"),
        (["RABBIT_TLS_KEY_FILE": "/no/such/file"], "RABBIT_TLS_CERTIFICATE_FILE"),
        (["RABBIT_TLS_KEY_PASSWORD_FILE": "/no/such/file"], "RABBIT_TLS_KEY_PASSWORD_FILE"),
        (["RABBIT_TLS_VERIFY": "sometimes"], "RABBIT_TLS_VERIFY"),
    ])
    func keyOfWhatCannotBeUsedIsNamed(_ values: [String: String], _ key: String) throws {
        let error = try #require(throws: ConfigurationError.self) {
            try settings(values.merging(["RABBIT_TLS": "1"]) { value, _ in value })
        }
        #expect(error.key == key)
    }

    @Test(arguments: [[:], ["RABBIT_TLS": "1"], ["RABBIT_TLS": "0"]])
    func loginByCertificateNeedsACertificate(_ values: [String: String]) throws {
        let error = try #require(throws: ConfigurationError.self) {
            try settings(values.merging(["RABBIT_AUTH_MECHANISM": "external"]) { value, _ in value })
        }
        #expect(error.key == "RABBIT_AUTH_MECHANISM")
        #expect(error.message.contains("RABBIT_TLS_CERTIFICATE_FILE"))
    }

    @Test func passwordOfAKeyShowsNowhere() {
        var tls = TLSSettings()
        tls.keyPassword = Secret("s3cret")
        var dumped = ""
        dump(tls, to: &dumped)
        for text in ["\(tls)", String(reflecting: tls), dumped] { #expect(!text.contains("s3cret")) }
    }
}
