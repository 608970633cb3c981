import Foundation
import TLS
import Testing

@Suite("TLSConfiguration")
struct TLSConfigurationTests {
    @Test func verifiesEverythingUnlessToldOtherwise() {
        #expect(TLSConfiguration().verification == .full)
        #expect(TLSConfiguration().authorityFile == nil)
    }

    @Test func passwordShowsNowhere() {
        let configuration = TLSConfiguration(certificateFile: "a.pem", keyFile: "b.pem", keyPassword: "s3cret")
        var dumped = ""
        dump(configuration, to: &dumped)
        for text in ["\(configuration)", String(reflecting: configuration), dumped, "\([configuration])"] {
            #expect(!text.contains("s3cret"))
            #expect(text.contains("b.pem"))
        }
    }

    @Test func systemsAuthoritiesCanBeUsed() throws {
        try TLSConfiguration().check()
    }

    @Test(arguments: [
        (TLSConfiguration(authorityFile: "/no/such/file"), TLSError.Reason.authorityFile, "No such file"),
        (TLSConfiguration(authorityFile: "/dev/null"), .authorityFile, "/dev/null"),
        (TLSConfiguration(certificateFile: "/no/such/file", keyFile: "/dev/null"), .certificateFile, "No such file"),
        (TLSConfiguration(certificateFile: "/dev/null", keyFile: "/dev/null"), .certificateFile, "PEM"),
        (TLSConfiguration(certificateFile: "/dev/null"), .keyFile, "go together"),
        (TLSConfiguration(keyFile: "/dev/null"), .certificateFile, "go together"),
        (TLSConfiguration(serverName: ""), .serverName, "server name"),
        (TLSConfiguration(serverName: "a\0b"), .failed, "zero byte"),
    ])
    func whatCannotBeUsedIsNamed(_ configuration: TLSConfiguration, _ reason: TLSError.Reason, _ text: String) throws {
        let error = try #require(throws: TLSError.self) { try configuration.check() }
        #expect(error.reason == reason)
        #expect(error.message.contains(text), "\(error)")
    }

    @Test func fileWithoutCertificatesHoldsNoAuthorities() throws {
        let file = FileManager.default.temporaryDirectory.appendingPathComponent("\(UUID().uuidString).pem")
        try Data("nothing of use\n".utf8).write(to: file)
        defer { try? FileManager.default.removeItem(at: file) }
        let error = try #require(throws: TLSError.self) { try TLSConfiguration(authorityFile: file.path).check() }
        #expect(error.reason == .authorityFile)
        #expect(error.message.contains(file.path))
    }
}
