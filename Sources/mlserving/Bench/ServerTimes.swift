import Logging
import MLServing

/// How long the servers themselves take for what one request needs of them.
struct ServerTimes: Sendable {
    /// Publishing a persistent message to an empty durable queue and receiving it.
    var broker = Latencies()
    /// Storing a record, hearing of it and reading it.
    var store = Latencies()

    /// Measures both, one operation at a time.
    ///
    /// - Parameter patience: How long the servers may take until they answer at all.
    static func measure(
        settings: ServingSettings, logger: Logger, payloadBytes: Int, patience: Duration, rounds: Int = 300
    ) async throws -> ServerTimes {
        let transport = ServerTransport(settings: settings, name: "bench", logger: logger)
        return try await transport.whileRunning {
            var times = ServerTimes()
            try await transport.answer(until: .now + patience) {
                _ = try await transport.broker.declare(queue(settings.consumer.queue.kind))
                _ = try await transport.store.contains(["mlserving.bench"])
            }
            let body = [UInt8](repeating: 7, count: payloadBytes)
            times.broker = try await transport.answer(until: .now + max(patience, .seconds(60))) {
                try await inTurn(transport) {
                    try await brokerTimes(transport, kind: settings.consumer.queue.kind, body: body, rounds: rounds)
                }
            }
            times.store = try await storeTimes(transport, body: body, rounds: rounds)
            return times
        }
    }

    /// The bound keeps what a run leaves behind from growing, should it be interrupted.
    private static func queue(_ kind: QueueDefinition.Kind) -> QueueDefinition {
        QueueDefinition(name: "mlserving.bench.\(kind.rawValue)", kind: kind, maximumLength: 1_000, overflow: .dropOldest)
    }

    /// Keeps other runs waiting, since all measure by one queue. The turn of a run that was killed ends by itself.
    private static func inTurn<Value>(_ transport: ServerTransport, _ body: () async throws -> Value) async throws -> Value {
        let turn = StoreEntry(key: "mlserving.bench:turn", value: [1], timeToLive: .seconds(10))
        while try await !transport.store.put([turn])[0] { try await Task.sleep(for: .milliseconds(50)) }
        defer { transport.store.remove([turn.key]) }
        return try await body()
    }

    private static func brokerTimes(
        _ transport: ServerTransport,
        kind: QueueDefinition.Kind,
        body: [UInt8],
        rounds: Int
    ) async throws -> Latencies {
        let queue = queue(kind)
        let source = try await transport.broker.consume(queue.name, prefetch: 1)
        let mark = String(UInt64.random(in: 0 ... .max), radix: 16)
        var latencies = Latencies()
        for round in 0..<rounds {
            let start = ContinuousClock.now
            // What an interrupted run has left behind is in the way no longer than this.
            let message = Message(body: body, messageID: "\(mark)-\(round)", timeToLive: .seconds(5))
            transport.broker.publish(message, to: Route(routingKey: queue.name)) { _ in }
            arrival: while true {
                let deliveries = try await source.next()
                try Task.checkCancellation()
                // A source that has ended has nothing any more, at once.
                if deliveries.isEmpty { throw TransportError(code: .closed, message: "the connection to RabbitMQ ended") }
                for delivery in deliveries {
                    let isOurs = delivery.message.messageID == message.messageID
                    // A run whose turn has outlasted its time waits for what is its own.
                    if isOurs { source.acknowledge([delivery.tag]) } else { source.reject([delivery.tag], requeue: true) }
                    if isOurs { break arrival }
                }
            }
            latencies.add(.now - start)
        }
        await source.cancel()
        return latencies
    }

    private static func storeTimes(_ transport: ServerTransport, body: [UInt8], rounds: Int) async throws -> Latencies {
        let prefix = "mlserving.bench:\(UInt64.random(in: 0 ... .max)):"
        return try await transport.store.withNotifications(forKeysWithPrefix: prefix) { news in
            var latencies = Latencies()
            for round in 0..<rounds {
                try Task.checkCancellation()
                let start = ContinuousClock.now
                let key = prefix + String(round)
                _ = try await transport.store.put([StoreEntry(key: key, value: body, timeToLive: .seconds(60))])
                if await news.isPushed { _ = try await news.next() }
                _ = try await transport.store.get([key])
                latencies.add(.now - start)
                transport.store.remove([key])
            }
            return latencies
        }
    }
}
