internal import EventLoop
internal import Logging

/// Answers the questions in a ``ResultQueue``, beside a consumer and through its transport.
///
/// A question is settled when its answer has been confirmed, and only then is a result removed: what ends in between is asked for again.
actor ResultQueueServer {
    private static let prefetch = 64
    /// How long an answer is tried to be sent: whoever asked asks again.
    private static let patience = Duration.seconds(30)

    private nonisolated let executor: any TimedExecutor
    nonisolated var unownedExecutor: UnownedSerialExecutor { executor.asUnownedSerialExecutor() }

    private let resultQueue: ResultQueue
    private let definition: QueueDefinition
    private let transport: any Transport
    private let codecs: PayloadCodecs
    private let answers: AnswerPolicy
    private let logger: Logger

    /// - Parameter configuration: That of the consumer, whose kind of queue this is, too.
    init(_ resultQueue: ResultQueue, transport: any Transport, configuration: ConsumerConfiguration, logger: Logger) {
        executor = transport.executor
        self.resultQueue = resultQueue
        self.transport = transport
        codecs = configuration.codecs
        answers = configuration.answers
        self.logger = logger
        let kind = configuration.queue.kind
        // The template declares its queue without arguments, which a classic one has.
        definition = QueueDefinition(name: resultQueue.name, kind: kind, maximumLength: kind == .classic ? nil : 100_000)
    }

    /// Answers until cancelled.
    func run() async throws {
        try await transport.broker.declare(definition)
        let source = try await transport.broker.consume(definition.name, prefetch: Self.prefetch)
        while case let deliveries = try await source.next(), !deliveries.isEmpty {
            try await answer(deliveries)
            source.acknowledge(deliveries.map(\.tag))
        }
    }

    private func answer(_ deliveries: [Delivery]) async throws {
        let keys = deliveries.compactMap { $0.message.correlationID }.filter(resultQueue.mayServe)
        let results = Dictionary(zip(keys, try await read(keys)), uniquingKeysWith: { first, _ in first })
        try await withThrowingTaskGroup(of: String?.self) { group in
            for delivery in deliveries {
                let question = delivery.message
                group.addTask(executorPreference: executor) { try await self.answer(question, results) }
            }
            var handedOver: [String] = []
            for try await key in group { if let key { handedOver.append(key) } }
            if !handedOver.isEmpty { transport.store.remove(handedOver) }
        }
    }

    /// Sends an answer.
    ///
    /// - Returns: The key of a result that has been handed over for good.
    private func answer(_ question: Message, _ results: [String: [UInt8]?]) async throws -> String? {
        guard let queue = question.replyTo, !queue.isEmpty else { return nil }
        guard answers.permits(replyQueue: queue), question.correlationID.map({ $0.utf8.count <= 512 }) ?? true else {
            logger.notice(
                "a question in the result queue is not answered: its reply may not go there", metadata: [LogKey.replyTo: "\(queue)"])
            return nil
        }
        let result = question.correlationID.flatMap { results[$0] ?? nil }
        let reply =
            result.map { Message(body: $0, correlationID: question.correlationID) } ?? nothing(for: question)
        var backoff = Backoff()
        let end = executor.now + Self.patience
        while true {
            do {
                try await transport.broker.publish(reply, to: Route(routingKey: queue))
                return result != nil && question.contentType == nil ? question.correlationID : nil
            } catch let error as TransportError where error.isTemporary && executor.now < end {
                try await pause(&backoff, because: error)
            } catch {
                logger.info("nobody takes the answer from the result queue", metadata: [LogKey.error: "\(error)"])
                return nil
            }
        }
    }

    private func nothing(for question: Message) -> Message {
        let codec = question.contentType.map { (try? codecs.codec(for: $0)) ?? MessagePackCodec() } ?? PickleCodec()
        return Message(
            // Nothing always encodes.
            body: (try? codec.encode(Bool?.none)) ?? [],
            contentType: question.contentType.map { _ in codec.contentType.rawValue },
            correlationID: question.correlationID
        )
    }

    /// Reads results, as soon as the store can be reached.
    private func read(_ keys: [String]) async throws -> [[UInt8]?] {
        var backoff = Backoff()
        while !keys.isEmpty {
            do {
                return try await transport.store.readApart(keys).map(value)
            } catch let error as TransportError where error.isTemporary {
                try await pause(&backoff, because: error)
            } catch let error as TransportError {
                return keys.map { _ in value(.failure(error)) }
            }
        }
        return []
    }

    private func pause(_ backoff: inout Backoff, because error: TransportError) async throws {
        var generator = ExecutorRandomness(executor)
        let delay = backoff.next(using: &generator)
        if backoff.isWorthLogging { logger.notice("the result queue tries again", metadata: [LogKey.error: "\(error)"]) }
        try await executor.sleep(until: executor.now + delay)
    }

    /// What can be handed out; nothing for a key that holds no result, or one that is too large.
    private func value(_ result: Result<[UInt8]?, TransportError>) -> [UInt8]? {
        do {
            return try result.get()
        } catch {
            logger.notice("the store does not hand out a result", metadata: [LogKey.error: "\(error)"])
            return nil
        }
    }
}
