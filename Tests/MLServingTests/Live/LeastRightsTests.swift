import MLServing
import Redis
import Testing

/// Real consumers and producers, as users who have the rights of docs/security.md and no others.
@Suite("Least rights (live)", .enabled(if: LiveServers.areThere && LiveServers.rabbitCall != nil), .timeLimit(.minutes(5)))
struct LeastRightsTests {
    /// Makes texts loud, does not know "bad", and never comes to an end with "endless".
    private struct Shout: BatchPredictor {
        func predict(batch texts: [String]) async throws -> [String] {
            if texts.contains("endless") { try await Task.sleep(for: .seconds(86_400)) }
            return try texts.map { text in
                if text == "bad" { throw ServingError(code: .invalidInput, message: "not this one") }
                return text.uppercased()
            }
        }
    }

    /// Runs a consumer, and a client of the producer, from when the queue is consumed on.
    private func serve(_ parties: RestrictedParties, _ body: (ProducerClient<String, String>) async throws -> Void) async throws {
        let client = ProducerClient<String, String>(settings: parties.producer, logger: LiveServers.quietLogger)
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { try await ConsumerRunner(Shout(), settings: parties.consumer, logger: LiveServers.quietLogger).run() }
            group.addTask { try await waitUntil(parties.queue) { $0.consumers == 1 } }
            defer { group.cancelAll() }
            // A consumer that is refused ends, with the reason.
            try await group.next()
            try await body(client)
            await client.shutdown()
        }
    }

    /// Asks a queue again and again, as somebody who may.
    private func waitUntil(_ queue: String, _ condition: (QueueStatus) -> Bool) async throws {
        try await withTransport(LiveServers.settings) { transport in
            while !Task.isCancelled {
                if let status = try? await transport.broker.status(of: queue), condition(status) { return }
            }
        }
    }

    private func withTransport(_ settings: ServingSettings, _ body: (ServerTransport) async throws -> Void) async throws {
        let transport = ServerTransport(settings: settings, name: "test", logger: LiveServers.quietLogger)
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { try await transport.run() }
            defer { group.cancelAll() }
            try await body(transport)
        }
    }

    // MARK: What they suffice for

    @Test(arguments: [ProducerConfiguration.ResultMode.store, .queue], [false, true])
    func documentedRightsSuffice(_ mode: ProducerConfiguration.ResultMode, withExchange: Bool) async throws {
        try await RestrictedParties.run(withExchange: withExchange) { parties in
            var parties = parties
            parties.producer.producer.resultMode = mode
            try await serve(parties) { client in
                #expect(try await client.predict("hello", timeout: .seconds(60)) == "HELLO")
                let texts = (0..<100).map { "text \($0)" }
                let outcomes = try await client.predict(batch: texts, timeout: .seconds(60))
                #expect(try outcomes.map { try $0.get() } == texts.map { $0.uppercased() })
                // What is refused rests with the dead letters, which the consumer has to be able to declare and to write to.
                let error = await #expect(throws: ServingError.self) { try await client.predict("bad", timeout: .seconds(60)) }
                #expect(error?.code == .invalidInput)
                try await waitUntil(parties.queue + ".dead-letters") { $0.depth == 1 }
            }
        }
    }

    @Test func resultOfATicketIsHeardOf() async throws {
        try await RestrictedParties.run { parties in
            try await serve(parties) { client in
                let ticket = try await client.submit("later", timeout: .seconds(60))
                #expect(try await client.result(of: ticket, timeout: .seconds(60)) == "LATER")
            }
        }
    }

    @Test func cancellationReachesTheConsumer() async throws {
        try await RestrictedParties.run { parties in
            try await serve(parties) { client in
                let ticket = try await client.submit("endless", timeout: .seconds(60))
                try await waitUntil(parties.queue) { $0.depth == 0 }
                #expect(try await client.cancel(ticket))
                let error = await #expect(throws: ServingError.self) { try await client.result(of: ticket, timeout: .seconds(60)) }
                #expect(error?.code == .cancelled)
            }
        }
    }

    @Test func producerSeesWhatTheConsumerAnnounces() async throws {
        try await RestrictedParties.run { parties in
            try await serve(parties) { _ in
                let client = ModelClient(settings: parties.producer, logger: LiveServers.quietLogger)
                while try await !client.models().contains(where: { $0.address.queue == parties.queue }) {
                    try await Task.sleep(for: .milliseconds(5))
                }
                await client.shutdown()
            }
        }
    }

    @Test func producerThatMayMarkNothingIsAnswered() async throws {
        try await RestrictedParties.run(producerRules: { rules in Array(rules.prefix { !$0.hasPrefix("(") }) }) { parties in
            try await serve(parties) { client async throws in
                #expect(try await client.predict("hello", timeout: .seconds(60)) == "HELLO")
            }
        }
    }

    @Test func resultsAreReadOnATimerWhereNoChannelIsPermitted() async throws {
        try await RestrictedParties.run(producerRules: { rules in rules.filter { !$0.hasPrefix("&") } }) { parties in
            var parties = parties
            parties.producer.producer.pollInterval = .milliseconds(20)
            try await serve(parties) { client async throws in
                #expect(try await client.predict("hello", timeout: .seconds(60)) == "HELLO")
            }
        }
    }

    // MARK: What they do not suffice for

    @Test func consumerReadsNoResultsAndProducerWritesNone() async throws {
        try await RestrictedParties.run { parties in
            let own = parties.queue + ":key"
            let commands: [(ServingSettings, [[String]])] = [
                (parties.consumer, [["GET", own], ["UNLINK", own], ["SET", "another:key", "x"], ["CONFIG", "GET", "*"], ["FLUSHALL"]]),
                (
                    parties.producer,
                    [["SET", own, "x"], ["GET", "another:key"], ["UNLINK", "another:key"], ["CONFIG", "GET", "*"], ["KEYS", "*"]]
                ),
            ]
            for (settings, commands) in commands {
                try await RedisAdministrator.run(user: settings.redisUser, password: settings.redisPassword?.revealed) { client in
                    for words in commands {
                        let command = RedisCommand(words[0], words.dropFirst().map { RedisArgument.string($0) })
                        let error = await #expect(throws: RedisError.self, "\(words)") { try await client.send(command) }
                        #expect(error?.serverError?.prefix == "NOPERM")
                    }
                    let error = await #expect(throws: RedisError.self) { try await client.withPatternSubscription("*") { _ in } }
                    #expect(error?.code == .notPermitted)
                }
            }
        }
    }

    @Test func producerNeitherDeclaresNorConsumes() async throws {
        try await RestrictedParties.run { parties in
            let queue = QueueDefinition(name: parties.queue)
            try await withTransport(parties.consumer) { consumer in
                _ = try await consumer.broker.declare(queue)
                try await withTransport(parties.producer) { producer in
                    // What exists is used; that is no right to make another.
                    let other = QueueDefinition(name: parties.queue + ".other")
                    let declaration = await #expect(throws: TransportError.self) { _ = try await producer.broker.declare(other) }
                    #expect(declaration?.code == .refused)
                    let consumption = await #expect(throws: TransportError.self) {
                        let source = try await producer.broker.consume(queue.name, prefetch: 1)
                        _ = try await source.next()
                    }
                    #expect(consumption?.code == .refused)
                }
            }
        }
    }

    @Test func producerOfAnExchangeReachesNoOtherQueue() async throws {
        try await RestrictedParties.run(withExchange: true) { parties in
            try await withTransport(parties.consumer) { consumer in
                _ = try await consumer.broker.declare(QueueDefinition(name: parties.queue))
                try await withTransport(parties.producer) { producer in
                    let message = Message(body: [1], contentType: "application/json", messageID: "1")
                    let result = await withCheckedContinuation { continuation in
                        producer.broker.publish(message, to: Route(routingKey: parties.queue)) { continuation.resume(returning: $0) }
                    }
                    let error = #expect(throws: TransportError.self) { try result.get() }
                    #expect(error?.code == .notPermitted)
                }
            }
        }
    }
}
