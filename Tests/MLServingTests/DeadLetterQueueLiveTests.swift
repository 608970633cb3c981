import MLServing
import Testing

/// What only a broker can tell: whether letters stay, in their order, and are back when whoever looked is gone.
@Suite("DeadLetterQueue (live)", .enabled(if: LiveServers.areThere), .timeLimit(.minutes(5)))
struct DeadLetterQueueLiveTests {
    private static let kinds: [QueueDefinition.Kind] = QueueDefinition.Kind.allCases

    /// Runs `body` with a queue of so many letters, whose ids are their numbers and whose reasons are even and odd.
    private func withLetters(
        _ count: Int, kind: QueueDefinition.Kind, deliveryLimit: Int? = nil,
        body: @Sendable (DeadLetterQueue, any Broker) async throws -> Void
    ) async throws {
        let transport = Self.transport()
        let queue = QueueDefinition(name: "test.letters.\(UInt64.random(in: 0 ... .max))", kind: kind, deliveryLimit: deliveryLimit)
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { try await transport.run() }
            defer { group.cancelAll() }
            try await transport.broker.declare(queue)
            for number in 0..<count {
                let reason = number % 2 == 0 ? "even" : "odd"
                let message = Message(body: [7], messageID: "\(number)", headers: [MessageHeader.deadLetterReason: .string(reason)])
                try await transport.broker.publish(message, to: Route(routingKey: queue.name))
            }
            try await body(DeadLetterQueue(queue.name, transport: transport, pageSize: 4), transport.broker)
        }
    }

    private static func transport() -> ServerTransport {
        ServerTransport(settings: LiveServers.settings, name: "test", logger: LiveServers.quietLogger)
    }

    @Test(arguments: kinds, [nil, 1_000])
    func lettersKeepTheirOrderHoweverManyAreLookedAt(_ kind: QueueDefinition.Kind, deliveryLimit: Int?) async throws {
        let ids = (0..<21).map(String.init)
        try await withLetters(ids.count, kind: kind, deliveryLimit: deliveryLimit) { letters, _ in
            for limit in [5, 21, 1, 8, 21] {
                let (listed, depth) = (try await letters.list(limit: limit), try await letters.depth())
                #expect(listed.map(\.id) == Array(ids.prefix(limit)))
                #expect(depth == ids.count)
            }
        }
    }

    @Test(arguments: kinds) func droppedLettersLeaveTheOthersInOrder(_ kind: QueueDefinition.Kind) async throws {
        try await withLetters(21, kind: kind) { letters, _ in
            let odd = try await letters.drop(DeadLetterSelection(reason: "odd"))
            #expect(odd.selected == 10)
            let even = try await letters.list()
            #expect(even.map(\.id) == (0..<21).filter { $0 % 2 == 0 }.map(String.init))
            let rest = try await letters.drop(.all)
            #expect(rest.selected == 11)
            let depth = try await letters.depth()
            #expect(depth == 0)
        }
    }

    @Test(arguments: kinds) func lettersAreBackWhenWhoeverLookedAtThemIsGone(_ kind: QueueDefinition.Kind) async throws {
        try await withLetters(9, kind: kind) { letters, broker in
            let transport = Self.transport()
            try await withThrowingTaskGroup(of: Void.self) { group in
                group.addTask { try await transport.run() }
                let source = try await transport.broker.consume(letters.name, prefetch: 5)
                var taken = 0
                while taken < 5 { taken += try await source.next().count }
                group.cancelAll()
            }
            while try await broker.status(of: letters.name).depth < 9 {}
            let listed = try await letters.list()
            #expect(listed.map(\.id) == (0..<9).map(String.init))
        }
    }

    @Test func timeOfTheBrokerIsRead() async throws {
        try await withLetters(0, kind: .classic) { letters, broker in
            let expiring = QueueDefinition(name: letters.name + ".source", kind: .classic, deadLetterQueue: letters.name)
            try await broker.declare(expiring)
            let message = Message(body: [1], messageID: "late", timeToLive: .milliseconds(1))
            try await broker.publish(message, to: Route(routingKey: expiring.name))
            while try await letters.depth() == 0 {}
            let letter = try #require(try await letters.list().first)
            #expect(letter.id == "late" && letter.reason == "expired" && letter.queue == expiring.name)
            #expect(try #require(letter.time) > 1_700_000_000_000)
        }
    }
}
