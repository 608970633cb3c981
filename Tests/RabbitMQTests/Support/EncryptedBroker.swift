import Foundation
import RabbitMQ
import TLS

/// The listeners for TLS of the broker that the live suites use, and the certificates that the test command made.
enum EncryptedBroker {
    /// `MLSERVING_TEST_RABBIT_TLS` is a listener whose certificate is for its host, and that takes a client's certificate or none.
    static let node = node("MLSERVING_TEST_RABBIT_TLS")
    /// `MLSERVING_TEST_RABBIT_TLS_MUTUAL` is one that demands a client's certificate.
    static let mutualNode = node("MLSERVING_TEST_RABBIT_TLS_MUTUAL")
    /// `MLSERVING_TEST_RABBIT_TLS_EXPIRED` is one whose certificate has expired.
    static let expiredNode = node("MLSERVING_TEST_RABBIT_TLS_EXPIRED")

    private static let directory = ProcessInfo.processInfo.environment["MLSERVING_TEST_CERTIFICATES"]

    static var isAvailable: Bool { node != nil && mutualNode != nil && expiredNode != nil && directory != nil }

    private static func node(_ variable: String) -> RabbitMQNode? {
        ProcessInfo.processInfo.environment[variable].flatMap { RabbitMQNode(parsing: $0) }
    }

    static func path(_ name: String) -> String { "\(directory ?? "")/\(name).pem" }

    /// Trusts the authority of the tests, and shows a certificate where one is named.
    static func configuration(
        _ node: RabbitMQNode? = node, certificate: String? = nil, key: String = "client-key", keyPassword: String? = nil
    ) -> RabbitMQConfiguration {
        var configuration = TestBroker.configuration
        configuration.nodes = [node].compactMap(\.self)
        configuration.tls = TLSConfiguration(
            authorityFile: path("authority"), certificateFile: certificate.map(path), keyFile: certificate.map { _ in path(key) },
            keyPassword: keyPassword)
        return configuration
    }
}
