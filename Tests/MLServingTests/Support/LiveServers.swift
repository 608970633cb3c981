import Foundation
import Logging
import MLServing

/// The servers that the test command starts.
enum LiveServers {
    static let rabbit = variable("MLSERVING_TEST_RABBIT")
    static let redis = variable("MLSERVING_TEST_REDIS")
    /// Listeners for TLS whose certificate is for their host, and that take a client's certificate or none.
    static let encryptedRabbit = variable("MLSERVING_TEST_RABBIT_TLS")
    static let encryptedRedis = variable("MLSERVING_TEST_REDIS_TLS")
    /// Where the test command leaves certificates.
    static let certificates = variable("MLSERVING_TEST_CERTIFICATES")
    /// The script that has the broker evaluate something.
    static let rabbitCall = variable("MLSERVING_TEST_RABBIT_CALL")

    static var areThere: Bool { rabbit != nil && redis != nil }
    static var areEncrypted: Bool { encryptedRabbit != nil && encryptedRedis != nil && certificates != nil }

    static var settings: ServingSettings {
        var settings = ServingSettings()
        settings.rabbitNodes = rabbit.flatMap { ServerNode($0) }.map { [$0] } ?? []
        settings.redisNodes = redis.flatMap { ServerNode($0) }.map { [$0] } ?? []
        return settings
    }

    /// The same servers over TLS, with a login by certificate.
    static var encryptedSettings: ServingSettings {
        get throws {
            let directory = certificates ?? ""
            var values = ["RABBIT_NODES": encryptedRabbit ?? "", "REDIS_NODES": encryptedRedis ?? "", "RABBIT_AUTH_MECHANISM": "external"]
            for server in ["RABBIT", "REDIS"] {
                values["\(server)_TLS"] = "1"
                values["\(server)_TLS_CA_FILE"] = "\(directory)/authority.pem"
                values["\(server)_TLS_CERTIFICATE_FILE"] = "\(directory)/client.pem"
                values["\(server)_TLS_KEY_FILE"] = "\(directory)/client-key-encrypted.pem"
                values["\(server)_TLS_KEY_PASSWORD"] = "secret"
            }
            return try ServingSettings(from: SettingsReader(values: values))
        }
    }

    static var quietLogger: Logger {
        var logger = Logger(label: "test")
        logger.logLevel = .error
        return logger
    }

    private static func variable(_ name: String) -> String? { ProcessInfo.processInfo.environment[name] }
}
