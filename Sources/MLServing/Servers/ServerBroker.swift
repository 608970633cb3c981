internal import EventLoop
internal import Logging
internal import MLServingCore
internal import RabbitMQ
internal import TLS

/// RabbitMQ as the serving core's broker.
final class ServerBroker: Broker {
    /// What RabbitMQ's direct reply-to addresses begin with.
    private static let replyAddressPrefix = "amq.rabbitmq.reply-to."

    private let topology: ServerTopology
    private let loop: EventLoop
    private let publishing: RabbitMQConnection
    private let consuming: RabbitMQConnection
    private let publishingNeeded = OnDemand()
    private let consumingNeeded = OnDemand()

    init(settings: ServingSettings, name: String, loop: EventLoop, logger: Logger) {
        topology = ServerTopology(settings: settings, logger: logger)
        self.loop = loop
        let failures = RecurringFailures()
        func connection(_ purpose: String) -> RabbitMQConnection {
            RabbitMQConnection(
                configuration: RabbitMQConfiguration(
                    nodes: settings.rabbitNodes.map { RabbitMQNode(host: $0.host, port: $0.port) },
                    virtualHost: settings.rabbitVirtualHost,
                    credentials: RabbitMQCredentials(settings),
                    tls: settings.rabbitTLS.map { TLSConfiguration($0) },
                    connectionName: "\(name) \(purpose)",
                    heartbeat: settings.rabbitHeartbeat,
                    blockedTimeout: settings.rabbitBlockedTimeout
                ),
                loop: loop,
                logger: logger,
                failures: failures
            )
        }
        publishing = connection("publishing")
        consuming = connection("consuming")
    }

    func runPublishing() async throws {
        guard await publishingNeeded.wait() else { return }
        try await translatingRabbitMQ { try await publishing.run() }
    }

    func runConsuming() async throws {
        guard await consumingNeeded.wait() else { return }
        try await translatingRabbitMQ { try await consuming.run() }
    }

    /// The connections that have been needed.
    var connections: [ConnectionState] {
        get async {
            var states: [ConnectionState] = []
            for (name, connection, need) in [
                ("rabbitmq-publishing", publishing, publishingNeeded), ("rabbitmq-consuming", consuming, consumingNeeded),
            ] where need.isNeeded {
                let statistics = await connection.statistics
                let problem = await connection.problem.map { TransportError($0).message }
                states.append(
                    ConnectionState(
                        name: name, isConnected: statistics.isConnected, connectCount: statistics.connectCount, problem: problem))
            }
            return states
        }
    }

    // MARK: Queues

    func declare(_ queue: QueueDefinition) async throws -> MLServingCore.QueueStatus {
        publishingNeeded.need()
        // Once requests are taken in nobody can wait for a queue that somebody else has to make.
        let isToWait = !consumingNeeded.isNeeded
        let status = try await untilConnected { [publishing, topology] in
            try await topology.declare(queue, on: publishing, isToWait: isToWait)
        }
        return MLServingCore.QueueStatus(depth: status.messageCount, consumers: status.consumerCount)
    }

    func status(of queue: String) async throws -> MLServingCore.QueueStatus {
        publishingNeeded.need()
        let status = try await translatingRabbitMQ { try await publishing.queueStatus(of: queue) }
        return MLServingCore.QueueStatus(depth: status.messageCount, consumers: status.consumerCount)
    }

    /// Asks again while the broker is away: whoever sets up waits for it.
    private func untilConnected<Value: Sendable>(_ body: @Sendable () async throws -> Value) async throws -> Value {
        while true {
            do {
                return try await translatingRabbitMQ(body)
            } catch let error as TransportError where error.code == .unavailable || error.code == .connectionLost {
                // The connection has waited for the broker already; this only keeps an immediate refusal from becoming a busy loop.
                try await Task.sleep(for: .milliseconds(100))
            }
        }
    }

    func checkPublishing() async throws {
        // The right is checked before the message is routed. It must not be mandatory, because no queue has the name.
        let route = Route(routingKey: "mlserving.rights-check", isMandatory: false)
        let confirmation = OneShot<Void>()
        publish(MLServingCore.Message(body: []), to: route) { confirmation.finish($0.mapError { $0 }) }
        // Nothing depends on this message: a consumer that ends does not wait for a broker that is away.
        try await confirmation.wait()
    }

    func restoreRoute(to queue: String) async throws {
        try await translatingRabbitMQ { try await topology.restoreRoute(to: queue, on: consuming) }
    }

    // MARK: Exchanges

    func declare(_ exchange: ExchangeDefinition) async throws {
        publishingNeeded.need()
        try await untilConnected { [publishing] in
            try await publishing.declareExchange(ExchangeDeclaration(exchange), conflict: .useExisting(isLogged: true))
        }
    }

    func subscribe(to exchange: ExchangeDefinition, by queue: String, prefetch: Int) async throws -> any DeliverySource {
        consumingNeeded.need()
        // Not exclusive: after a lost connection the broker might hold the queue for that one still.
        let arguments: FieldTable = [
            "x-expires": .int64(60_000), "x-max-length": .int64(1_000), "x-overflow": .string("drop-head"),
        ]
        let consumer = try await untilConnected { [consuming] in
            try await consuming.declareExchange(ExchangeDeclaration(exchange), conflict: .useExisting(isLogged: false))
            try await consuming.declareQueue(QueueDeclaration(name: queue, arguments: arguments))
            try await consuming.bindQueue(QueueBinding(queue: queue, exchange: exchange.name))
            return try await consuming.consume(queue, prefetch: prefetch)
        }
        return ServerDeliverySource(consumer: consumer, loop: loop)
    }

    // MARK: Messages

    func publish(
        _ message: MLServingCore.Message,
        to route: Route,
        completion: @escaping @Sendable (Result<Void, TransportError>) -> Void
    ) {
        publish(RabbitMQ.Message(message), to: route, mayRestore: true, completion)
    }

    /// - Parameter mayRestore: Whether a queue that has been deleted is declared again, and the message published once more.
    private func publish(
        _ message: RabbitMQ.Message, to route: Route, mayRestore: Bool,
        _ completion: @escaping @Sendable (Result<Void, TransportError>) -> Void
    ) {
        publishingNeeded.need()
        // The broker returns every mandatory message to a reply address, whether somebody is there or not.
        let isMandatory = route.isMandatory && !route.routingKey.hasPrefix(Self.replyAddressPrefix)
        // What goes to a queue of our own came from elsewhere, and must not stay where it is for headers that cannot go on.
        let dropsHeaders = topology.knows(route.routingKey)
        publishing.perform(on: loop) { connection in
            connection.publish(
                message,
                exchange: route.exchange,
                routingKey: route.routingKey,
                mandatory: isMandatory,
                dropsHeaders: dropsHeaders,
                mayArriveTwice: true
            ) { [self] result in
                if case .failure(let error) = result, error.code == .unroutable, mayRestore, topology.canRestore(route) {
                    return restore(route, for: message, because: error, completion)
                }
                completion(result.map { _ in }.mapError { TransportError(ofPublish: $0) })
            }
        }
    }

    /// Declares the queue of a route again, and publishes once more.
    private func restore(
        _ route: Route, for message: RabbitMQ.Message, because refusal: RabbitMQError,
        _ completion: @escaping @Sendable (Result<Void, TransportError>) -> Void
    ) {
        Task { [self] in
            // Whoever consumes the queue has to hear of its deletion first.
            try? await Task.sleep(for: publishing.configuration.deletionPause)
            do {
                try await topology.declareAgain(route.routingKey, on: publishing)
            } catch {
                return publishing.perform(on: loop) { _ in completion(.failure(TransportError(ofPublish: refusal))) }
            }
            publish(message, to: route, mayRestore: false, completion)
        }
    }

    func consume(_ queue: String, prefetch: Int) async throws -> any DeliverySource {
        consumingNeeded.need()
        let consumer = try await untilConnected { [consuming, topology] in
            // The connection that consumes a queue has to know it, so as to declare it again when it is deleted.
            try await topology.declareAgain(queue, on: consuming)
            return try await consuming.consume(queue, prefetch: prefetch)
        }
        return ServerDeliverySource(consumer: consumer, loop: loop)
    }

    func openReplyChannel() async throws -> any ReplyChannel {
        publishingNeeded.need()
        let channel = try await untilConnected { [publishing] in try await publishing.openReplyChannel() }
        return ServerReplyChannel(channel: channel, loop: loop)
    }
}

/// The deliveries of a RabbitMQ consumer.
private struct ServerDeliverySource: DeliverySource {
    let consumer: RabbitMQConsumer
    let loop: EventLoop

    func next() async throws -> [MLServingCore.Delivery] {
        try await translatingRabbitMQ { try await consumer.next() }.map { MLServingCore.Delivery($0) }
    }

    func acknowledge(_ tags: [MLServingCore.DeliveryTag]) {
        consumer.connection.perform(on: loop) { [consumer] in
            $0.acknowledge(tags.map { RabbitMQ.DeliveryTag($0) }, of: consumer)
        }
    }

    func reject(_ tags: [MLServingCore.DeliveryTag], requeue: Bool) {
        consumer.connection.perform(on: loop) { [consumer] connection in
            for tag in tags {
                // A delivery that goes back unused has not failed, and is not counted as if it had.
                if requeue {
                    connection.giveBack(RabbitMQ.DeliveryTag(tag), of: consumer)
                } else {
                    connection.reject(RabbitMQ.DeliveryTag(tag), of: consumer, requeue: false)
                }
            }
        }
    }

    func cancel() async {
        await consumer.cancel()
    }

    func close() async {
        await consumer.close()
    }

    var registration: Registration {
        let (isRegistered, since) = consumer.registration
        return Registration(isRegistered: isRegistered, since: since)
    }

    var acknowledgementTimeouts: Int { consumer.acknowledgementTimeouts }
}

/// Requests and replies by RabbitMQ's direct reply-to.
private struct ServerReplyChannel: ReplyChannel {
    let channel: RabbitMQReplyChannel
    let loop: EventLoop

    func publish(
        _ message: MLServingCore.Message,
        to route: Route,
        completion: @escaping @Sendable (Result<Void, TransportError>) -> Void
    ) {
        channel.connection.perform(on: loop) { [channel] connection in
            connection.publish(
                RabbitMQ.Message(message), exchange: route.exchange, routingKey: route.routingKey, mayArriveTwice: true, via: channel
            ) { result in
                completion(result.map { _ in }.mapError { TransportError(ofPublish: $0) })
            }
        }
    }

    func next() async throws -> Replies {
        switch try await translatingRabbitMQ({ try await channel.next() }) {
        case .replies(let deliveries): Replies(messages: deliveries.map { MLServingCore.Message($0) })
        case .interrupted: Replies(messages: [], mayHaveMissed: true)
        case nil: throw TransportError(code: .closed, message: "the reply channel has been closed")
        }
    }
}

extension RabbitMQCredentials {
    fileprivate init(_ settings: ServingSettings) {
        switch settings.rabbitAuthentication {
        case .plain: self = .plain(user: settings.rabbitUser, password: settings.rabbitPassword.revealed)
        case .external: self = .external()
        }
    }
}

extension ExchangeDeclaration {
    fileprivate init(_ exchange: ExchangeDefinition) {
        self.init(name: exchange.name, type: exchange.kind.rawValue, isDurable: exchange.isDurable)
    }
}
