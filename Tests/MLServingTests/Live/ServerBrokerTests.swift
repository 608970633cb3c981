import Foundation
import Logging
import MLServing
import MLServingTesting
import Testing

/// What operators do to queues, and networks to connections, while a transport is in use.
@Suite("RabbitMQ as the broker (live)", .enabled(if: LiveServers.areThere && LiveServers.rabbitCall != nil), .timeLimit(.minutes(5)))
struct ServerBrokerTests {
    private static func makeName() -> String { "mlserving-test-\(UInt32.random(in: .min ... .max))" }

    @discardableResult
    private func withTransport<Outcome: Sendable>(
        _ settings: ServingSettings = LiveServers.settings, logger: Logger = LiveServers.quietLogger,
        _ body: @Sendable (ServerTransport) async throws -> Outcome
    ) async throws -> Outcome {
        let transport = ServerTransport(settings: settings, name: "test", logger: logger)
        return try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { try await transport.run() }
            defer { group.cancelAll() }
            return try await body(transport)
        }
    }

    private func take(_ count: Int, from source: any DeliverySource) async throws -> [Delivery] {
        var deliveries: [Delivery] = []
        while deliveries.count < count { deliveries += try await source.next() }
        return deliveries
    }

    /// Waits until the broker has registered a consumer anew.
    private func waitUntilRegistered(_ source: any DeliverySource, after moment: ContinuousClock.Instant) async throws {
        while !source.registration.isRegistered || source.registration.since < moment {
            try Task.checkCancellation()
            await Task.yield()
        }
    }

    // MARK: Deleted queues

    @Test(arguments: [false, true]) func deletedQueueIsConsumedAgain(withExchange: Bool) async throws {
        let queue = QueueDefinition(name: Self.makeName(), maximumLength: 10)
        var settings = LiveServers.settings
        settings.exchangeName = withExchange ? queue.name + "-tasks" : ""
        let route = Route(exchange: settings.exchangeName, routingKey: queue.name)
        try await withTransport(settings) { transport in
            try await transport.broker.declare(queue)
            let source = try await transport.broker.consume(queue.name, prefetch: 1)
            for number in 0..<2 as Range<UInt8> {
                let moment = ContinuousClock.now
                try await BrokerCall.deleteQueue(queue.name)
                try await waitUntilRegistered(source, after: moment)
                try await transport.broker.publish(Message(body: [number]), to: route)
                let deliveries = try await take(1, from: source)
                #expect(deliveries.map(\.message.body) == [[number]])
                source.acknowledge(deliveries.map(\.tag))
            }
        }
        try await BrokerCall.deleteQueue(queue.name)
        if withExchange { try await BrokerCall.deleteExchange(settings.exchangeName) }
    }

    @Test func deletedQueueThatIsOnlyPublishedToIsDeclaredAgain() async throws {
        let queue = QueueDefinition(name: Self.makeName(), maximumLength: 10)
        try await withTransport { transport in
            try await transport.broker.declare(queue)
            for count in 1...2 {
                try await BrokerCall.deleteQueue(queue.name)
                try await transport.broker.publish(Message(body: [1]), to: Route(routingKey: queue.name))
                #expect(try await transport.broker.declare(queue).depth == 1, "after deletion \(count)")
            }
            let error = await #expect(throws: TransportError.self) {
                try await transport.broker.publish(Message(body: [1]), to: Route(routingKey: Self.makeName()))
            }
            #expect(error?.code == .unroutable)
        }
        try await BrokerCall.deleteQueue(queue.name)
    }

    // MARK: Queues that are not as declared

    @Test func queueWithOtherArgumentsIsUsedAsItIsAndTheLogSaysOnceWhichDiffers() async throws {
        let queue = QueueDefinition(name: Self.makeName(), maximumLength: 3)
        try await withTransport { try await $0.broker.declare(queue) }
        let (logger, lines) = RecordingLogHandler.make()
        try await withTransport(logger: logger) { transport in
            var other = queue
            other.maximumLength = 5
            try await transport.broker.declare(other)
            try await transport.broker.declare(other)
            let source = try await transport.broker.consume(queue.name, prefetch: 1)
            try await transport.broker.publish(Message(body: [1]), to: Route(routingKey: queue.name))
            #expect(try await take(1, from: source).map(\.message.body) == [[1]])
        }
        let warnings = lines.all.filter { $0.contains("is not as declared") }
        #expect(warnings.count == 1)
        #expect(warnings.first?.contains("x-max-length") == true)
        #expect(warnings.first?.contains("policy") == true)
        try await BrokerCall.deleteQueue(queue.name)
    }

    @Test func exchangeOfAnotherKindIsUsedAsItIs() async throws {
        let exchange = ExchangeDefinition(name: Self.makeName(), kind: .fanout, isDurable: true)
        try await withTransport { transport in
            try await transport.broker.declare(exchange)
            try await withTransport { other in
                var different = exchange
                different.kind = .direct
                try await other.broker.declare(different)
            }
        }
        try await BrokerCall.deleteExchange(exchange.name)
    }

    @Test func userWithoutTheRightToDeclareUsesWhatExists() async throws {
        let queue = QueueDefinition(name: Self.makeName())
        let user = Self.makeName()
        try await withTransport { try await $0.broker.declare(queue) }
        try await BrokerCall.addUser(user, password: "secret", permissions: ["^$", ".*", ".*"])
        var settings = LiveServers.settings
        settings.rabbitUser = user
        settings.rabbitPassword = Secret("secret")
        try await withTransport(settings) { transport in
            try await transport.broker.declare(queue)
            let source = try await transport.broker.consume(queue.name, prefetch: 1)
            try await transport.broker.publish(Message(body: [1]), to: Route(routingKey: queue.name))
            #expect(try await take(1, from: source).count == 1)
            let error = await #expect(throws: TransportError.self) {
                try await transport.broker.declare(QueueDefinition(name: Self.makeName()))
            }
            #expect(error?.code == .refused)
        }
        try await BrokerCall.deleteUser(user)
        try await BrokerCall.deleteQueue(queue.name)
    }

    @Test func passiveTransportWaitsForItsQueueAndMakesNone() async throws {
        let queue = QueueDefinition(name: Self.makeName())
        var settings = LiveServers.settings
        settings.queueDeclaration = .passive
        let (logger, lines) = RecordingLogHandler.make()
        try await withTransport(settings, logger: logger) { transport in
            async let status = transport.broker.declare(queue)
            while !lines.all.contains(where: { $0.contains("QUEUE_DECLARE is passive") && $0.contains(queue.name) }) { await Task.yield() }
            try await withTransport { other in
                let error = await #expect(throws: TransportError.self) { try await other.broker.status(of: queue.name) }
                #expect(error?.code == .notFound)
                var different = queue
                different.maximumLength = 7
                try await other.broker.declare(different)
            }
            #expect(try await status.depth == 0)
            let source = try await transport.broker.consume(queue.name, prefetch: 1)
            try await transport.broker.publish(Message(body: [1]), to: Route(routingKey: queue.name))
            #expect(try await take(1, from: source).count == 1)
            // Nobody can be made to wait for one that is needed later.
            let error = await #expect(throws: TransportError.self) {
                try await transport.broker.declare(QueueDefinition(name: Self.makeName()))
            }
            #expect(error?.code == .notFound)
        }
        try await BrokerCall.deleteQueue(queue.name)
    }

    // MARK: Messages

    @Test func reportsOfAMessageThatIsTooLargeAndNoNeighbourFails() async throws {
        let queue = QueueDefinition(name: Self.makeName(), kind: .classic)
        try await withTransport { transport in
            try await transport.broker.declare(queue)
            let codes = await withTaskGroup(of: TransportError.Code?.self) { group in
                for index in 0..<41 {
                    group.addTask {
                        let body = [UInt8](repeating: 0, count: index == 20 ? (16 << 20) + 1 : 1)
                        do {
                            try await transport.broker.publish(Message(body: body), to: Route(routingKey: queue.name))
                            return nil
                        } catch {
                            return (error as? TransportError)?.code
                        }
                    }
                }
                return await group.reduce(into: [TransportError.Code]()) { codes, code in if let code { codes.append(code) } }
            }
            #expect(codes == [.tooLarge])
        }
        try await BrokerCall.deleteQueue(queue.name)
    }

    @Test func messageForAQueueOfOurOwnGoesWithoutWhatDoesNotFitAndToNoOtherQueue() async throws {
        let queue = QueueDefinition(name: Self.makeName(), kind: .classic)
        let canary = QueueDefinition(name: queue.name + "-canary", kind: .classic)
        try await withTransport { transport in
            try await transport.broker.declare(queue)
            try await transport.broker.declare(canary)
            var headers: MessageHeaders = [
                "kept": .integer(1), "CC": .array([.string(canary.name)]), "BCC": .array([.string(canary.name)]),
            ]
            for number in 0..<40 { headers["large\(number)"] = .string(String(repeating: "x", count: 5_000)) }
            headers[String(repeating: "n", count: 300)] = .bool(true)
            let message = Message(body: [1], timeToLive: .seconds(31_536_000 * 10), headers: headers)
            try await transport.broker.publish(message, to: Route(routingKey: queue.name))
            let source = try await transport.broker.consume(queue.name, prefetch: 1)
            let delivery = try #require(try await take(1, from: source).first)
            #expect(delivery.message.headers["kept"] == .integer(1))
            #expect(delivery.message.headers["x-dropped-headers"]?.string?.contains("large") == true)
            #expect(try await transport.broker.status(of: canary.name).depth == 0)
        }
        for name in [queue.name, canary.name] { try await BrokerCall.deleteQueue(name) }
    }

    // MARK: Connections

    @Test func silentConnectionsCountAsLostWithinTenSeconds() async throws {
        let proxy = try FaultProxy(toPort: try #require(LiveServers.settings.rabbitNodes.first).port)
        defer { proxy.close() }
        let queue = QueueDefinition(name: Self.makeName(), kind: .classic)
        var settings = LiveServers.settings
        settings.rabbitNodes = [ServerNode(host: "127.0.0.1", port: proxy.port)]
        try await withTransport(settings) { transport in
            try await transport.broker.declare(queue)
            let source = try await transport.broker.consume(queue.name, prefetch: 1)
            #expect(await transport.connections.map(\.isConnected) == [true, true])
            proxy.fallSilent()
            let began = ContinuousClock.now
            while await transport.connections.contains(where: \.isConnected) { await Task.yield() }
            #expect(ContinuousClock.now - began < .seconds(10))
            proxy.speakAgain()
            try await transport.broker.publish(Message(body: [1]), to: Route(routingKey: queue.name))
            #expect(try await take(1, from: source).count == 1)
            proxy.refuse(true)
            let refused = ContinuousClock.now
            while await transport.connections.contains(where: \.isConnected) { await Task.yield() }
            #expect(ContinuousClock.now - refused < .seconds(5))
            proxy.refuse(false)
        }
        try await BrokerCall.deleteQueue(queue.name)
    }

    /// The other connections are in good order, and would keep the failure to themselves.
    @Test func refusedCredentialsEndTheTransportAtOnce() async throws {
        var settings = LiveServers.settings
        settings.rabbitPassword = Secret("wrong")
        let transport = ServerTransport(settings: settings, name: "test", logger: LiveServers.quietLogger)
        let run = Task { try await transport.run() }
        #expect(try await transport.store.get(["mlserving-test-nothing"]).count == 1)
        let question = Task { try await transport.broker.status(of: "mlserving-test-nothing") }
        let error = await #expect(throws: TransportError.self) { try await run.value }
        #expect(error?.code == .refused)
        _ = await question.result
    }
}
