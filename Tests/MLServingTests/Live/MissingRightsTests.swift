import MLServing
import Testing

/// A consumer whose users lack a right, from the start or from some time on.
@Suite("Missing rights (live)", .enabled(if: LiveServers.areThere && LiveServers.rabbitCall != nil), .timeLimit(.minutes(5)))
struct MissingRightsTests {
    private struct Shout: Predictor {
        func predict(_ text: String) async throws -> String {
            if text == "bad" { throw ServingError(code: .invalidInput, message: "not this one") }
            return text.uppercased()
        }
    }

    private func runner(_ parties: RestrictedParties, logger: RecordingLogHandler.Lines? = nil) -> ConsumerRunner {
        var settings = parties.consumer
        settings.consumer.statusInterval = .seconds(2)
        let quiet = LiveServers.quietLogger
        return ConsumerRunner(Shout(), settings: settings, logger: logger.map { RecordingLogHandler.logger(to: $0) } ?? quiet)
    }

    private func serve(
        _ parties: RestrictedParties, logger: RecordingLogHandler.Lines? = nil,
        _ body: (ConsumerRunner, ProducerClient<String, String>) async throws -> Void
    ) async throws {
        let runner = runner(parties, logger: logger)
        let client = ProducerClient<String, String>(settings: parties.producer, logger: LiveServers.quietLogger)
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { try await runner.run() }
            defer { group.cancelAll() }
            try await runner.ready()
            try await body(runner, client)
            await client.shutdown()
        }
    }

    private func wait(for runner: ConsumerRunner, _ condition: (HealthReport) -> Bool) async throws {
        while !condition(runner.health.report()) { try await Task.sleep(for: .milliseconds(20)) }
    }

    private func depth(of queue: String, isReached: (Int) -> Bool = { _ in true }) async throws -> Int {
        let transport = ServerTransport(settings: LiveServers.settings, name: "test", logger: LiveServers.quietLogger)
        return try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { try await transport.run() }
            defer { group.cancelAll() }
            while true {
                let depth = try await transport.broker.status(of: queue).depth
                if isReached(depth) { return depth }
                try await Task.sleep(for: .milliseconds(20))
            }
        }
    }

    private func permissions(of parties: RestrictedParties, write: String) async throws {
        let own = "^\(parties.queue)(\\..+)?$"
        try await BrokerCall.setPermissions(of: parties.consumer.rabbitUser, [own, write, own])
    }

    private func forbidStoring(_ parties: RestrictedParties, _ rules: [String] = ["-set"]) async throws {
        try await RedisAdministrator.send(["ACL", "SETUSER", parties.consumer.rabbitUser] + rules)
    }

    // MARK: To publish

    @Test func consumerThatMayNotWriteToTheBrokerEndsAtOnce() async throws {
        try await RestrictedParties.run { parties in
            try await permissions(of: parties, write: "^$")
            let error = await #expect(throws: TransportError.self) { try await runner(parties).run() }
            #expect(error?.code == .notPermitted)
            #expect(error?.message.contains("amq.default") == true)
        }
    }

    @Test func nothingIsLostWhileTheRightToWriteIsRevoked() async throws {
        try await RestrictedParties.run { parties in
            try await serve(parties) { runner, client in
                try await permissions(of: parties, write: "^$")
                let first = try await client.submit("bad", timeout: .seconds(120))
                try await wait(for: runner) { report in report.readinessProblems.contains { $0.code == .notPermitted } }
                let second = try await client.submit("bad", timeout: .seconds(120))
                #expect(try await depth(of: parties.queue) { $0 > 0 } > 0, "what is not begun waits for whoever may serve it")
                try await permissions(of: parties, write: "^amq\\.default$")
                for ticket in [first, second] {
                    let error = await #expect(throws: ServingError.self) { try await client.result(of: ticket, timeout: .seconds(60)) }
                    #expect(error?.code == .invalidInput)
                }
                #expect(try await depth(of: parties.queue + ".dead-letters") { $0 == 2 } == 2)
                try await wait(for: runner) { $0.isReady }
            }
        }
    }

    // MARK: To store

    @Test(arguments: [["-set"], ["resetkeys", "~other:*"]])
    func consumerThatMayNotStoreEndsAtOnce(rules: [String]) async throws {
        try await RestrictedParties.run { parties in
            try await forbidStoring(parties, rules)
            let error = await #expect(throws: TransportError.self) { try await runner(parties).run() }
            #expect(error?.code == .notPermitted)
        }
    }

    @Test func resultWaitsWhileTheRightToStoreIsRevoked() async throws {
        try await RestrictedParties.run { parties in
            try await serve(parties) { runner, client in
                try await forbidStoring(parties)
                let start = ContinuousClock.now
                let ticket = try await client.submit("hello", timeout: .seconds(120))
                try await wait(for: runner) { !$0.isReady }
                #expect(.now - start < .seconds(60))
                try await forbidStoring(parties, ["+set"])
                #expect(try await client.result(of: ticket, timeout: .seconds(60)) == "HELLO")
                try await wait(for: runner) { $0.isReady }
                #expect(try await client.predict("again", timeout: .seconds(60)) == "AGAIN")
            }
        }
    }

    // MARK: Exchanges

    @Test func deletedExchangeAndBindingAreMadeAgain() async throws {
        try await RestrictedParties.run(withExchange: true) { parties in
            let lines = RecordingLogHandler.Lines()
            try await serve(parties, logger: lines) { _, client in
                #expect(try await client.predict("one", timeout: .seconds(60)) == "ONE")
                try await BrokerCall.deleteExchange(parties.consumer.exchangeName)
                #expect(try await client.predict("two", timeout: .seconds(60)) == "TWO")
                #expect(lines.all.contains { $0.contains("the exchange has been deleted") })
                try await BrokerCall.unbind(parties.queue, from: parties.consumer.exchangeName)
                #expect(try await client.predict("three", timeout: .seconds(60)) == "THREE")
            }
        }
    }
}
