internal import Logging
internal import MLServingCore
internal import RabbitMQ
internal import Synchronization

/// The queues that a transport works with, as they are to be, for whichever of its connections needs them.
///
/// What is consumed is declared on the connection that consumes it, so that the connection can declare it again when it is deleted; what is
/// only published to, on the one that publishes.
final class ServerTopology: Sendable {
    /// How long to wait before a queue that may not be declared is looked for again, at first and at most.
    private static let pause = (first: Duration.milliseconds(250), last: Duration.seconds(5))

    private let mode: ServingSettings.QueueDeclarationMode
    private let exchange: ExchangeDeclaration?
    private let logger: Logger
    private let queues = Mutex<[String: QueueDefinition]>([:])
    /// Whether the user may not bind, so that it is not tried again and again.
    private let mayNotBind = Atomic(false)

    init(settings: ServingSettings, logger: Logger) {
        mode = settings.queueDeclaration
        exchange =
            settings.exchangeName.isEmpty ? nil : ExchangeDeclaration(name: settings.exchangeName, type: settings.exchangeType)
        self.logger = logger
    }

    /// Whether a queue has been declared here, by its name.
    func knows(_ name: String) -> Bool {
        queues.withLock { $0[name] != nil }
    }

    /// Whether a message without a queue can be helped: its queue is known, and may be declared.
    func canRestore(_ route: Route) -> Bool {
        mode == .auto && (route.exchange.isEmpty || route.exchange == exchange?.name) && knows(route.routingKey)
    }

    // MARK: Declaring

    /// Makes a queue with its binding, unless there is one.
    ///
    /// - Parameter isToWait: Whether a queue that may not be declared, and does not exist, is waited for.
    func declare(
        _ queue: QueueDefinition, on connection: RabbitMQConnection, isToWait: Bool
    ) async throws -> RabbitMQ.QueueStatus {
        guard !queue.name.isEmpty else { throw TransportError(code: .refused, message: "the name of the queue is empty") }
        let status: RabbitMQ.QueueStatus
        switch mode {
        case .auto: status = try await makeQueue(queue, on: connection, isLogged: true)
        case .passive: status = try await findQueue(queue.name, on: connection, isToWait: isToWait)
        }
        queues.withLock { $0[queue.name] = queue }
        return status
    }

    /// Declares a known queue on another connection too, or once more; one that somebody else makes is waited for.
    func declareAgain(_ name: String, on connection: RabbitMQConnection) async throws {
        guard let queue = queues.withLock({ $0[name] }) else { return }
        switch mode {
        case .auto: _ = try await makeQueue(queue, on: connection, isLogged: false)
        case .passive: _ = try await findQueue(name, on: connection, isToWait: true)
        }
    }

    /// Makes the exchange again if somebody has deleted it, with the bindings of all known queues, and otherwise the binding of one queue.
    ///
    /// Nothing else would tell: a consumer whose queue exists hears nothing of its bindings. To bind again what is bound changes nothing.
    ///
    /// - Throws: ``RabbitMQError`` or ``TransportError`` when messages do not reach the queue, as far as this user can tell.
    func restoreRoute(to name: String, on connection: RabbitMQConnection) async throws {
        guard let exchange, knows(name) else { return }
        var names = [name]
        do throws(RabbitMQError) {
            try await connection.checkExchange(named: exchange.name)
            if mode == .passive || mayNotBind.load(ordering: .relaxed) { return }
        } catch {
            guard error.code == .notFound else { throw error }
            let what = "the exchange \(exchange.name) does not exist"
            guard mode == .auto else {
                throw TransportError(
                    code: .notFound, message: "\(what), and QUEUE_DECLARE is passive: create it, and bind the queue \(name)")
            }
            names = queues.withLock { Array($0.keys) }
            try await connection.declareExchange(exchange, conflict: .useExisting(isLogged: false))
            logger.warning(
                "the exchange has been deleted, it is declared again and its queues are bound", metadata: ["exchange": "\(exchange.name)"])
        }
        for name in names { try await bind(name, to: exchange.name, on: connection, isLogged: false) }
    }

    private func makeQueue(
        _ queue: QueueDefinition, on connection: RabbitMQConnection, isLogged: Bool
    ) async throws -> RabbitMQ.QueueStatus {
        let status = try await connection.declareQueue(QueueDeclaration(queue), conflict: .useExisting(isLogged: isLogged))
        guard let exchange else { return status }
        try await connection.declareExchange(exchange, conflict: .useExisting(isLogged: isLogged))
        try await bind(queue.name, to: exchange.name, on: connection, isLogged: isLogged)
        return status
    }

    private func bind(_ queue: String, to exchange: String, on connection: RabbitMQConnection, isLogged: Bool) async throws {
        let failure: RabbitMQError
        do throws(RabbitMQError) {
            return try await connection.bindQueue(QueueBinding(queue: queue, exchange: exchange, routingKey: queue))
        } catch {
            failure = error
        }
        guard failure.code == .accessRefused else { throw failure }
        mayNotBind.store(true, ordering: .relaxed)
        guard isLogged else { return }
        logger.warning(
            "the user may not bind the queue, which is taken to be bound",
            metadata: ["queue": "\(queue)", "exchange": "\(exchange)", "error": "\(failure)"])
    }

    /// Looks for a queue that somebody else makes.
    private func findQueue(_ name: String, on connection: RabbitMQConnection, isToWait: Bool) async throws -> RabbitMQ.QueueStatus {
        var pause = Self.pause.first
        var looks = 0
        while true {
            let failure: RabbitMQError
            do throws(RabbitMQError) {
                if let exchange { try await connection.checkExchange(named: exchange.name) }
                return try await connection.queueStatus(of: name)
            } catch {
                failure = error
            }
            guard failure.code == .notFound else { throw failure }
            looks += 1
            // The first time, the second, the fourth and so on.
            if looks & (looks - 1) == 0 {
                logger.error(
                    "a queue or its exchange does not exist, and QUEUE_DECLARE is passive: create it, or set auto",
                    metadata: ["queue": "\(name)", "error": "\(failure)"])
            }
            guard isToWait else { throw failure }
            try await Task.sleep(for: pause)
            pause = min(pause * 2, Self.pause.last)
        }
    }
}

extension QueueDeclaration {
    /// A durable queue; a classic one without further properties is declared without arguments, as the template's programs do.
    init(_ queue: QueueDefinition) {
        var arguments: FieldTable = [:]
        if let length = queue.maximumLength {
            arguments["x-max-length"] = .int64(Int64(length))
            arguments["x-overflow"] = .string(queue.overflow == .rejectPublish ? "reject-publish" : "drop-head")
        }
        if let target = queue.deadLetterQueue {
            arguments["x-dead-letter-exchange"] = .string("")
            arguments["x-dead-letter-routing-key"] = .string(target)
            // Else the broker forgets a message before the next queue has it.
            let isBounded = queue.maximumLength != nil && queue.overflow == .rejectPublish
            if queue.kind == .quorum, isBounded { arguments["x-dead-letter-strategy"] = .string("at-least-once") }
        }
        if let timeToLive = queue.messageTimeToLive { arguments["x-message-ttl"] = .int64(timeToLive.milliseconds) }
        // A classic queue does not count, and would refuse to be told.
        if let limit = queue.deliveryLimit, queue.kind == .quorum { arguments["x-delivery-limit"] = .int64(Int64(limit)) }
        self.init(name: queue.name, kind: queue.kind == .quorum ? .quorum : .unspecified, arguments: arguments)
    }
}
