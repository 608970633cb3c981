import Foundation
import Redis
import TLS
import Testing

/// Whom a client trusts, and who trusts it: each test with a server of its own.
@Suite(
    "Redis certificates", .enabled(if: TestCertificates.directory != nil && LiveRedis.node != nil && TestRedisServer.program != nil),
    .timeLimit(.minutes(5))
)
struct RedisTrustTests {
    /// A client's view of a server: by its name, unless told otherwise.
    private func configuration(
        _ server: TestRedisServer, host: String = "localhost", _ tls: TLSConfiguration = TestCertificates.configuration()
    ) -> RedisConfiguration {
        var configuration = LiveRedis.configuration
        configuration.nodes = [RedisNode(host: host, port: server.node.port)]
        configuration.tls = tls
        return configuration
    }

    private func expectAnswer(_ configuration: RedisConfiguration) async throws {
        try await LiveRedis.withClient(configuration) { redis async throws in
            try await redis.ping()
            try await redis.withPatternSubscription("*") { _ async throws in }
        }
    }

    /// Commands and subscriptions hear at once why there is no connection, instead of waiting for one.
    private func expectFailure(_ configuration: RedisConfiguration, _ reason: TLSError.Reason, naming text: String) async throws {
        let recorder = WarningRecorder()
        try await LiveRedis.withClient(configuration, logger: recorder.logger) { redis async throws in
            let errors = [
                await #expect(throws: RedisError.self) { try await redis.waitUntilConnected() },
                await #expect(throws: RedisError.self) { try await redis.ping() },
                await #expect(throws: RedisError.self) { try await redis.withPatternSubscription("*") { _ in Issue.record("subscribed") } },
            ]
            for error in errors {
                #expect(error?.code == .tlsFailed)
                #expect((error?.underlying as? TLSError)?.reason == reason)
                #expect(error?.description.contains(text) == true)
            }
            #expect(recorder.text.contains(text))
            #expect(!recorder.text.contains("secret"))
        }
    }

    // MARK: The server's certificate

    @Test(arguments: ["strangers", nil])
    func serverOfAnUnknownAuthorityIsNotTrusted(_ authority: String?) async throws {
        try await TestRedisServer.run(TestCertificates.settings("server"), isEncrypted: true) { server in
            let tls = TestCertificates.configuration(authority: authority)
            try await expectFailure(configuration(server, tls), .unknownAuthority, naming: "mlserving test authority")
        }
    }

    @Test func certificateOfANameIsForThatNameAlone() async throws {
        try await TestRedisServer.run(TestCertificates.settings("server"), isEncrypted: true) { server in
            try await expectAnswer(configuration(server))
            try await expectFailure(configuration(server, host: "127.0.0.1"), .wrongHost, naming: "127.0.0.1")
        }
    }

    @Test func certificateOfAnAddressIsForThatAddressAlone() async throws {
        try await TestRedisServer.run(TestCertificates.settings("address"), isEncrypted: true) { server in
            try await expectAnswer(configuration(server, host: "127.0.0.1"))
            try await expectFailure(configuration(server), .wrongHost, naming: "localhost")
        }
    }

    @Test func nameToVerifyMayBeAnotherThanTheHost() async throws {
        try await TestRedisServer.run(TestCertificates.settings("server"), isEncrypted: true) { server in
            var tls = TestCertificates.configuration()
            tls.serverName = "localhost"
            try await expectAnswer(configuration(server, host: "127.0.0.1", tls))
            tls.serverName = "elsewhere.example"
            try await expectFailure(configuration(server, tls), .wrongHost, naming: "elsewhere.example")
        }
    }

    @Test func expiredCertificateIsNotTrusted() async throws {
        try await TestRedisServer.run(TestCertificates.settings("expired"), isEncrypted: true) { server in
            try await expectFailure(configuration(server), .expired, naming: "expired")
        }
    }

    @Test func renewedCertificateIsTrustedWithoutARestart() async throws {
        // Over the plain port somebody renews the certificate, which is loaded when its file is named again.
        try await TestRedisServer.run(TestCertificates.settings("expired")) { server in
            let port = try LoopbackListener().port
            try await LiveRedis.withClient(plain(server)) { administrator async throws in
                try await administrator.send(RedisCommand("CONFIG", "SET", "tls-port", .string("\(port)")))
                var configuration = LiveRedis.configuration
                configuration.nodes = [RedisNode(host: "localhost", port: port)]
                configuration.tls = TestCertificates.configuration()
                try await LiveRedis.withClient(configuration) { redis async throws in
                    let error = await #expect(throws: RedisError.self) { try await redis.ping() }
                    #expect(error?.code == .tlsFailed)
                    let renewed = TestCertificates.path("server")
                    try await administrator.send(RedisCommand("CONFIG", "SET", "tls-cert-file", .string(renewed)))
                    while (try? await redis.ping()) == nil {}
                }
            }
        }
    }

    private func plain(_ server: TestRedisServer) -> RedisConfiguration {
        var configuration = LiveRedis.configuration
        configuration.nodes = [server.node]
        return configuration
    }

    @Test func verificationCanBeLessThanFull() async throws {
        try await TestRedisServer.run(TestCertificates.settings("server"), isEncrypted: true) { server in
            var tls = TestCertificates.configuration()
            tls.verification = .authority
            try await expectAnswer(configuration(server, host: "127.0.0.1", tls))
            tls.authorityFile = TestCertificates.path("strangers")
            try await expectFailure(configuration(server, tls), .unknownAuthority, naming: "no trusted authority")
            tls.verification = .none
            try await expectAnswer(configuration(server, tls))
        }
    }

    // MARK: The client's certificate

    @Test func clientCertificateIsShownWhereOneIsDemanded() async throws {
        try await TestRedisServer.run(TestCertificates.settings("server", demandsClients: true), isEncrypted: true) { server in
            try await expectAnswer(configuration(server, TestCertificates.configuration(certificate: "client")))
            let encrypted = TestCertificates.configuration(certificate: "client", key: "client-key-encrypted", keyPassword: "secret")
            try await expectAnswer(configuration(server, encrypted))
        }
    }

    @Test func missingClientCertificateIsNamed() async throws {
        try await TestRedisServer.run(TestCertificates.settings("server", demandsClients: true), isEncrypted: true) { server in
            try await expectFailure(configuration(server), .certificateDemanded, naming: "client certificate")
        }
    }

    // TLS 1.2 has no word of its own for what is missing.
    @Test func missingClientCertificateIsGuessedInTLS12() async throws {
        let settings = TestCertificates.settings("server", demandsClients: true) + [("tls-protocols", "TLSv1.2")]
        try await TestRedisServer.run(settings, isEncrypted: true) { server in
            try await expectFailure(configuration(server), .refused, naming: "client certificate")
            try await expectAnswer(configuration(server, TestCertificates.configuration(certificate: "client")))
        }
    }

    @Test func clientCertificateOfAStrangerIsRefused() async throws {
        try await TestRedisServer.run(TestCertificates.settings("server", demandsClients: true), isEncrypted: true) { server in
            let tls = TestCertificates.configuration(certificate: "stranger")
            try await expectFailure(configuration(server, tls), .certificateRefused, naming: "client certificate")
        }
    }

    @Test func keyThatCannotBeReadIsNamed() async throws {
        try await TestRedisServer.run(TestCertificates.settings("server"), isEncrypted: true) { server in
            let wrong = TestCertificates.configuration(certificate: "client", key: "client-key-encrypted", keyPassword: "not the secret")
            try await expectFailure(configuration(server, wrong), .keyFile, naming: "client-key-encrypted.pem")
            let none = TestCertificates.configuration(certificate: "client", key: "client-key-encrypted")
            try await expectFailure(configuration(server, none), .keyFile, naming: "there is no password")
            let other = TestCertificates.configuration(certificate: "client", key: "server-key")
            try await expectFailure(configuration(server, other), .keyFile, naming: "does not belong")
        }
    }

    // MARK: The connection

    @Test func restartedServerIsFoundAgain() async throws {
        try await TestRedisServer.run(TestCertificates.settings("server"), isEncrypted: true) { server in
            try await LiveRedis.withClient(configuration(server)) { redis async throws in
                try await redis.withSubscription(toChannels: ["news"]) { subscription async throws in
                    try await redis.ping()
                    server.kill()
                    try await server.restart()
                    while try await !subscription.next().mayHaveMissed {}
                    while (try? await redis.send(RedisCommand("PUBLISH", "news", "1"))) == nil {}
                    #expect(try await subscription.next().messages.count >= 1)
                }
            }
        }
    }

    // More than the system and the session hold: it waits outside of the session, and goes out when the server reads again.
    @Test func whatAStoppedServerDoesNotTakeIsSentLater() async throws {
        try await TestRedisServer.run(TestCertificates.settings("server"), isEncrypted: true) { server in
            var configuration = configuration(server)
            configuration.maximumBytesInFlight = 64 * 1024 * 1024
            try await LiveRedis.withClient(configuration) { redis async throws in
                try await redis.ping()
                server.setFrozen(true)
                try await withThrowingTaskGroup(of: Void.self) { group in
                    for index in 0..<32 {
                        let value = [UInt8](repeating: UInt8(index), count: 1_000_000 + index)
                        group.addTask { try await redis.set("key-\(index)", to: value, expiry: .seconds(60)) }
                    }
                    // Time is up for a command behind them: by then the server has what it takes while it stands still.
                    await #expect(throws: RedisError.self) {
                        try await redis.send(RedisCommand("PING"), timeout: .milliseconds(300))
                    }
                    server.setFrozen(false)
                    try await group.waitForAll()
                }
                for index in 0..<32 {
                    #expect(try await redis.get("key-\(index)") == [UInt8](repeating: UInt8(index), count: 1_000_000 + index))
                }
            }
        }
    }
}
