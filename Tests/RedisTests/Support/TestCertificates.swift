import Foundation
import TLS

/// The certificates that the test command makes, in the directory that `MLSERVING_TEST_CERTIFICATES` names.
enum TestCertificates {
    static let directory = ProcessInfo.processInfo.environment["MLSERVING_TEST_CERTIFICATES"]

    static func path(_ name: String) -> String { "\(directory ?? "")/\(name).pem" }

    /// Trusts the authority of the tests, and shows a certificate where one is named.
    static func configuration(
        authority: String? = "authority", certificate: String? = nil, key: String = "client-key", keyPassword: String? = nil
    ) -> TLSConfiguration {
        TLSConfiguration(
            authorityFile: authority.map(path), certificateFile: certificate.map(path), keyFile: certificate.map { _ in path(key) },
            keyPassword: keyPassword)
    }

    /// What has a server show one of the certificates: `server`, `address` or `expired`.
    static func settings(_ certificate: String, demandsClients: Bool = false) -> [(String, String)] {
        [
            ("tls-cert-file", path(certificate)), ("tls-key-file", path("server-key")), ("tls-ca-cert-file", path("authority")),
            ("tls-auth-clients", demandsClients ? "yes" : "no"),
        ]
    }
}
