import EventLoop
import Logging
import MLServingCore
import Redis
import Testing

@testable import MLServing

/// The store over a Redis of its own: what one record does to others, and what the store tells of its server.
@Suite("ServerStore", .enabled(if: PrivateRedis.program != nil), .timeLimit(.minutes(5)))
struct ServerStoreTests {
    /// Runs a store while `body` runs, beside somebody who may do everything.
    private func withStore(
        _ server: PrivateRedis, user: String? = nil, password: String? = nil,
        _ body: @escaping @Sendable (ServerStore, RedisClient) async throws -> Void
    ) async throws {
        let store = makeStore(server, user: user, password: password)
        let client = RedisClient(configuration: server.configuration, loop: EventLoop(name: "test"), logger: Self.silent)
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { try await store.run() }
            group.addTask { try await client.run() }
            defer { group.cancelAll() }
            try await body(store, client)
        }
    }

    private func makeStore(_ server: PrivateRedis, user: String? = nil, password: String? = nil, name: String = "test") -> ServerStore {
        var settings = server.settings
        settings.redisUser = user
        settings.redisPassword = password.map { Secret($0) }
        return ServerStore(settings: settings, name: name, loop: EventLoop(name: "store"), logger: Self.silent)
    }

    private static let silent = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }

    private func entry(_ key: String, bytes: Int = 1, replacing prefix: String? = nil) -> StoreEntry {
        StoreEntry(
            key: key, value: [UInt8](repeating: 1, count: bytes), timeToLive: .seconds(60), replacedPrefix: prefix.map { Array($0.utf8) })
    }

    private func codes(_ outcomes: [StoreOutcome]) -> [String] {
        outcomes.map { outcome in
            switch outcome {
            case .stored: "stored"
            case .taken: "taken"
            case .failed(let error): "\(error.code)"
            }
        }
    }

    /// Waits until something is so, for ten seconds at most.
    private func expect(_ what: String, _ condition: () async -> Bool) async throws {
        let end = ContinuousClock.now + .seconds(10)
        while await !condition() {
            guard .now < end else {
                Issue.record("not within 10 s: \(what)")
                return
            }
            try await Task.sleep(for: .milliseconds(10))
        }
    }

    // MARK: Each record by itself

    @Test func recordThatAccessRulesForbidHarmsNoOther() async throws {
        try await PrivateRedis.run([("user", "least on >s3cret ~mlserving:* &* +set +get +exists +ping +client|setname")]) { server in
            try await withStore(server, user: "least", password: "s3cret") { store, _ async throws in
                let outcomes = try await store.write([entry("mlserving:a"), entry("other:b"), entry("mlserving:c"), entry("mlserving:a")])
                #expect(codes(outcomes) == ["stored", "refused", "stored", "taken"])
                let values = try await store.read(["mlserving:a", "other:b"])
                #expect((try? values[0].get()) == [1])
                #expect(throws: TransportError.self) { try values[1].get() }
                #expect(try await store.contains(["mlserving:a", "other:b", "mlserving:none"]) == [true, false, false])
                await #expect(throws: TransportError.self) { try await store.contains(["other:b"]) }
                try await store.probe()
            }
        }
    }

    @Test func valueThatRedisDoesNotTakeIsNotSent() async throws {
        try await PrivateRedis.run([("proto-max-bulk-len", "1mb")]) { server in
            try await withStore(server) { store, _ async throws in
                let outcomes = try await store.write([entry("a"), entry("b", bytes: 2_000_000), entry("c")])
                #expect(codes(outcomes) == ["stored", "too_large", "stored"])
                #expect(await store.connections.map(\.connectCount) == [1], "the connection has not been lost over it")
            }
        }
    }

    @Test func valueWhoseLimitMayNotBeLookedAtCostsTheConnectionAndIsToldSo() async throws {
        let rules = [("proto-max-bulk-len", "1mb"), ("user", "least on >s3cret ~* &* +set +get +ping +client|setname")]
        try await PrivateRedis.run(rules) { server in
            try await withStore(server, user: "least", password: "s3cret") { store, _ async throws in
                do {
                    let outcomes = try await store.write([entry("b", bytes: 2_000_000)])
                    #expect(codes(outcomes) == ["too_large"])
                } catch let error as TransportError {
                    #expect(error.code == .connectionLost)
                }
                // The next one may still meet the connection that is ending.
                while true {
                    do {
                        #expect(codes(try await store.write([entry("c")])) == ["stored"])
                        break
                    } catch let error as TransportError where error.code == .connectionLost {}
                }
            }
        }
    }

    @Test func fullServerIsATemporaryFailureThatSaysWhatToDo() async throws {
        try await PrivateRedis.run { server in
            try await withStore(server) { store, administrator async throws in
                try await administrator.send(RedisCommand("CONFIG", "SET", "maxmemory", "1"))
                for prefix in [nil, "RETRY"] {
                    guard case .failed(let error)? = try await store.write([entry("a", replacing: prefix)]).first else {
                        Issue.record("a full server has taken a record")
                        continue
                    }
                    #expect(error.code == .unavailable)
                    #expect(error.message.contains("maxmemory"))
                }
                await #expect(throws: TransportError.self) { try await store.probe() }
                try await administrator.send(RedisCommand("CONFIG", "SET", "maxmemory", "0"))
                #expect(codes(try await store.write([entry("a")])) == ["stored"])
                try await store.probe()
            }
        }
    }

    // MARK: Keys of others

    @Test func announcedRecordReplacesNothingButWhatItNames() async throws {
        try await PrivateRedis.run { server in
            try await withStore(server) { store, administrator async throws in
                try await administrator.send(RedisCommand("RPUSH", "list", "1"))
                try await administrator.set("foreign", to: Array("something".utf8))
                try await administrator.set("retry", to: Array("RETRY 1".utf8))
                let outcomes = try await store.write([
                    entry("list", replacing: "RETRY"), entry("foreign", replacing: "RETRY"), entry("foreign", replacing: ""),
                    entry("retry", replacing: "RETRY"), entry("new", replacing: "RETRY"),
                ])
                #expect(codes(outcomes) == ["refused", "taken", "taken", "stored", "stored"])
                #expect(try await administrator.send(RedisCommand("LLEN", "list")).integer == 1)
                #expect(try await administrator.get("foreign") == Array("something".utf8))
                // One that holds another type has no value that could be read, and that concerns no other key.
                let values = try await store.read(["list", "retry"])
                #expect(throws: TransportError.self) { try values[0].get() }
                #expect((try? values[1].get()) == [1])
            }
        }
    }

    @Test func recordThatMayNotBePublishedIsStored() async throws {
        try await PrivateRedis.run([("user", "least on >s3cret ~* +set +get +eval +publish +ping +client|setname")]) { server in
            try await withStore(server, user: "least", password: "s3cret") { store, _ async throws in
                #expect(codes(try await store.write([entry("a", replacing: "RETRY")])) == ["stored"])
                #expect(try await store.get(["a"]) == [[1]])
            }
        }
    }

    // MARK: The server

    @Test func wrongPasswordAtTheStartEndsTheRun() async throws {
        try await PrivateRedis.run([("requirepass", "s3cret")]) { server in
            for password in ["wrong", nil] {
                let store = makeStore(server, password: password)
                store.remove(["a"])
                let error = await #expect(throws: TransportError.self) { try await store.run() }
                #expect(error?.code == .refused)
            }
        }
    }

    @Test func userWithoutPasswordEndsTheRunOfTheTransport() async throws {
        try await PrivateRedis.run { server in
            var settings = server.settings
            settings.redisUser = "somebody"
            let transport = ServerTransport(settings: settings, name: "test", logger: Self.silent)
            transport.store.remove(["a"])
            let error = await #expect(throws: TransportError.self) { try await transport.run() }
            #expect(error?.code == .refused)
            #expect(error?.message.contains("without a password") == true)
        }
    }

    @Test func passwordThatIsChangedLaterIsToldAndWaitedFor() async throws {
        try await PrivateRedis.run([("user", "least on >first ~* &* +@all")]) { server in
            try await withStore(server, user: "least", password: "first") { store, administrator async throws in
                #expect(codes(try await store.write([entry("a")])) == ["stored"])
                try await administrator.send(RedisCommand("ACL", "SETUSER", "least", "resetpass", ">second"))
                try await administrator.send(RedisCommand("CLIENT", "KILL", "USER", "least"))
                try await expect("the refusal is told") {
                    await store.connections.contains { !$0.isConnected && $0.problem?.contains("WRONGPASS") == true }
                }
                try await administrator.send(RedisCommand("ACL", "SETUSER", "least", ">first"))
                try await expect("it is let in again") { await store.connections.contains { $0.isConnected && $0.problem == nil } }
                #expect(codes(try await store.write([entry("b")])) == ["stored"])
            }
        }
    }

    @Test func serverThatIsGoneOrSilentIsToldInTime() async throws {
        try await PrivateRedis.run { server in
            try await withStore(server) { store, _ async throws in
                #expect(codes(try await store.write([entry("a")])) == ["stored"])
                server.setFrozen(true)
                // The interval of the signs of life and the patience with them: seven seconds.
                try await expect("a silent server is told") { await store.connections.contains { !$0.isConnected } }
                server.setFrozen(false)
                try await expect("it is back") { await store.connections.contains { $0.isConnected } }
                server.kill()
                let start = ContinuousClock.now
                try await expect("a closed server is told") { await store.connections.contains { !$0.isConnected && $0.problem != nil } }
                #expect(ContinuousClock.now - start < .seconds(5))
            }
        }
    }

    @Test(arguments: [("modèle d'été", "mod-le-d'-t-"), ("task_queue", "task_queue"), ("", nil)] as [(String, String?)])
    func anyNameIsMadeOneThatRedisTakes(_ name: String, _ expected: String?) {
        #expect(ServerStore.clientName(name) == expected)
    }

    @Test func notificationsThatAreSwitchedOffAreNoticed() async throws {
        try await PrivateRedis.run { server in
            try await withStore(server) { store, administrator async throws in
                try await store.withNotifications(forKeysWithPrefix: "k:") { source async throws in
                    #expect(await source.isPushed)
                    try await administrator.send(RedisCommand("CONFIG", "SET", "notify-keyspace-events", ""))
                    while try await !source.next().mayHaveMissed {}
                    #expect(await source.isPushed)
                    try await store.put([entry("k:1")])
                    #expect(try await source.next().keys == ["k:1"])
                }
            }
        }
    }
}
