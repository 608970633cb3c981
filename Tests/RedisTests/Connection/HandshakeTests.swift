import Testing

@testable import Redis

@Suite("Handshake")
struct HandshakeTests {
    private func words(_ command: RedisCommand) -> [String] {
        String(decoding: command.head, as: UTF8.self).split(separator: "\r\n").filter { !$0.hasPrefix("$") && !$0.hasPrefix("*") }.map(
            String.init)
    }

    private var full: RedisConfiguration {
        var configuration = RedisConfiguration(nodes: [RedisNode(host: "a"), RedisNode(host: "b")])
        configuration.user = "alice"
        configuration.password = "s3cret"
        configuration.database = 3
        return configuration
    }

    private func error(of replies: [RedisReply], in configuration: RedisConfiguration? = nil, name: String? = "me") -> RedisError? {
        var handshake = Handshake(configuration ?? full, clientName: name)
        for reply in replies {
            do throws(RedisError) { try handshake.receive(reply) } catch { return error }
        }
        return nil
    }

    private let ok = RedisReply.simpleString("OK")
    private let pong = RedisReply.simpleString("PONG")
    private let primary = RedisReply.array([.bulk(Array("master".utf8)), .integer(0), .array([])])

    @Test func saysWhoWhereAndWhatFor() {
        #expect(
            Handshake(full, clientName: "me").commands.map(words) == [
                ["AUTH", "alice", "s3cret"], ["SELECT", "3"], ["CLIENT", "SETNAME", "me"], ["PING"], ["ROLE"],
            ]
        )
        #expect(error(of: [ok, ok, ok, pong, primary]) == nil)
    }

    @Test func saysOnlyWhatIsConfigured() {
        #expect(Handshake(RedisConfiguration(), clientName: nil).commands.map(words) == [["PING"]])
        var configuration = RedisConfiguration()
        configuration.password = "s3cret"
        #expect(Handshake(configuration, clientName: nil).commands.map(words) == [["AUTH", "s3cret"], ["PING"]])
    }

    @Test(arguments: ["WRONGPASS invalid username-password pair", "NOPERM no", "ERR DB index is out of range"])
    func refusalIsFinal(_ message: String) {
        let error = error(of: [.error(RedisServerError(message: message))])
        #expect(error?.code == .rejected)
        #expect(error?.serverError?.message == message)
    }

    @Test func missingPasswordIsRejected() {
        let error = error(of: [.error(RedisServerError(message: "NOAUTH Authentication required."))], in: RedisConfiguration(), name: nil)
        #expect(error?.code == .rejected)
        #expect(error?.serverError?.prefix == "NOAUTH")
    }

    @Test(arguments: ["LOADING Redis is loading the dataset in memory", "MASTERDOWN Link with MASTER is down"])
    func serverThatIsNotReadyIsTriedAgain(_ message: String) {
        #expect(error(of: [ok, ok, ok, .error(RedisServerError(message: message))])?.code == .cannotConnect)
    }

    @Test func serverThatIsFullIsTriedAgainAndSaysWhatToDo() {
        let error = error(of: [.error(RedisServerError(message: "ERR max number of clients reached"))])
        #expect(error?.code == .cannotConnect)
        #expect(error?.message.contains("max number of clients reached") == true)
        #expect(error?.message.contains("raise maxclients") == true)
    }

    @Test func protectedModeIsARefusalThatSaysWhatToDo() {
        let error = error(of: [.error(RedisServerError(message: "DENIED Redis is running in protected mode"))])
        #expect(error?.code == .rejected)
        #expect(error?.message.contains("serves its own host only") == true)
    }

    /// The first command may be one whose errors are lived with, such as the name.
    @Test func reasonToHangUpCountsWhateverWasAsked() {
        let handshake = Handshake(RedisConfiguration(), clientName: "me")
        let full = handshake.farewell(RedisServerError(message: "ERR max number of clients reached"))
        #expect(full.code == .cannotConnect && full.message.contains("raise maxclients"))
        let strict = handshake.farewell(RedisServerError(message: "DENIED Redis is running in protected mode"))
        #expect(strict.code == .rejected && strict.message.contains("serves its own host only"))
    }

    @Test func replicaIsPassedOver() {
        let replica = RedisReply.array([.bulk(Array("slave".utf8)), .bulk([]), .integer(1)])
        #expect(error(of: [ok, ok, ok, pong, replica])?.code == .cannotConnect)
    }

    @Test func forbiddenTrifleIsLivedWith() {
        let forbidden = RedisReply.error(RedisServerError(message: "NOPERM this user has no permissions"))
        #expect(error(of: [ok, ok, forbidden, forbidden, forbidden]) == nil)
    }

    @Test func strangerIsNotAServer() {
        #expect(error(of: [.integer(1)])?.code == .unexpectedReply)
        #expect(error(of: [ok, ok, ok, ok])?.code == .unexpectedReply)
    }

    @Test func passwordThatAServerRepeatsDoesNotShow() {
        let message = "ERR unknown command 'AUTH', with args beginning with: 'alice' 's3cret'"
        let error = error(of: [.error(RedisServerError(message: message))])
        #expect(error.map { "\($0)".contains("s3cret") } == false)
        #expect(error?.serverError?.message.contains("s3cret") == false)
    }
}
