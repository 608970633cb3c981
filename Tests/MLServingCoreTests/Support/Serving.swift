import Logging
import ServiceLifecycle
import Testing

@testable import MLServingCore

/// An in-memory server, and consumers and clients of one queue on it.
struct Serving {
    typealias Mode = ProducerConfiguration.ResultMode

    let server = InMemoryServer()
    let queue: QueueDefinition

    /// The queue exists from the beginning.
    init(maximumLength: Int? = nil) async throws {
        queue = QueueDefinition(name: "queue.\(UInt64.random(in: 0 ... .max))", maximumLength: maximumLength)
        try await server.transport().broker.declare(queue)
    }

    static var quiet: Logger {
        var logger = Logger(label: "test")
        logger.logLevel = .critical
        return logger
    }

    func runner(
        _ predictor: some Predictor,
        transport: (any Transport)? = nil,
        configure: (inout ConsumerConfiguration) -> Void = { _ in }
    ) -> ConsumerRunner {
        var configuration = ConsumerConfiguration(queue: queue, prefetch: 64, gracefulShutdownSignals: [])
        // What tests count is what they caused, not the consumer's own tries of the store.
        configuration.usesStore = false
        configuration.lifeSigns.timeToLive = .milliseconds(400)
        configure(&configuration)
        return ConsumerRunner(predictor, transport: transport ?? server.transport(), configuration: configuration, logger: Self.quiet)
    }

    func client<Input: Encodable & Sendable, Output: Decodable & Sendable>(
        _ mode: Mode = .store,
        of types: (Input.Type, Output.Type) = (Int.self, Int.self),
        transport: (any Transport)? = nil,
        configure: (inout ProducerConfiguration) -> Void = { _ in }
    ) -> ProducerClient<Input, Output> {
        var configuration = ProducerConfiguration(route: Route(routingKey: queue.name), resultMode: mode)
        configure(&configuration)
        return ProducerClient(transport: transport ?? server.transport(), configuration: configuration, logger: Self.quiet)
    }

    // MARK: What a foreign program would do

    /// The key below the usual prefix that a short name stands for: no answer goes anywhere else.
    static func key(_ name: String) -> String {
        AnswerPolicy().permits(key: name) ? name : "mlserving:" + name
    }

    /// Publishes a request. What it names its result key by may be short.
    func publish(_ message: Message) async throws {
        var message = message
        for header in [MessageHeader.resultKey, MessageHeader.templateMessageID] {
            if let name = message.headers[header]?.string { message.headers[header] = .string(Self.key(name)) }
        }
        try await publishAsIs(message)
    }

    /// Publishes a message whatever it names.
    func publishAsIs(_ message: Message) async throws {
        try await server.transport().broker.publish(message, to: Route(routingKey: queue.name))
    }

    private static func request(_ number: Int, id: String) throws -> Message {
        Message(body: try MessagePackCodec().encode(number), messageID: id)
    }

    /// Publishes a request for a number, in MessagePack, whose result goes under the key.
    func publish(_ number: Int, key: String, headers: MessageHeaders = [:]) async throws {
        var message = try Self.request(number, id: key)
        for header in headers { message.headers[header.key] = header.value }
        message.headers[MessageHeader.resultKey] = .string(key)
        try await publish(message)
    }

    /// Takes everything that waits in the queue, and dies: it comes again, marked as delivered before.
    func deliverInVain(_ count: Int) async throws {
        let transport = server.transport()
        let source = try await transport.broker.consume(queue.name, prefetch: count)
        var taken = 0
        while taken < count { taken += try await source.next().count }
        let run = Task { try await transport.run() }
        run.cancel()
        try await run.value
        try await expect(depth: count)
    }

    /// Leaves the mark of a consumer that has died while it predicted the request for a number.
    func mark(_ number: Int, key: String) async throws {
        let message = try Self.request(number, id: key)
        let identity = RequestIdentity.digest(id: key, .store(key: Self.key(key)), message.body)
        let entry = StoreEntry(key: BegunMark.shared(of: identity, queue: queue.name).key, value: [1], timeToLive: .seconds(600))
        _ = try await server.transport().store.put([entry])
    }

    var depth: Int {
        get async throws { try await server.transport().broker.status(of: queue.name).depth }
    }

    /// Waits for the record under a key.
    func record(under name: String) async throws -> ResultRecord {
        let key = Self.key(name)
        let store = server.transport().store
        return try await store.withNotifications(forKeysWithPrefix: key) { source in
            while true {
                if let bytes = try await store.get([key]).first ?? nil {
                    let codec: any PayloadCodec = bytes.first == UInt8(ascii: "{") ? JSONCodec() : MessagePackCodec()
                    return try codec.decode(recordFrom: bytes[...])
                }
                _ = try await source.next()
            }
        }
    }

    /// Waits for the record of one number.
    func number(under key: String) async throws -> Result<Int, ServingError> {
        let outcome = try #require(try await record(under: key).outcomes.first)
        return outcome.flatMap { bytes in
            Result { try MessagePackCodec().decode(Int.self, from: bytes) }.mapError {
                ServingError(code: .invalidOutput, message: "\($0)")
            }
        }
    }

    /// Checks the record of one number, when it has come.
    func expect(
        _ expected: Result<Int, ServingError>,
        under key: String,
        sourceLocation: SourceLocation = #_sourceLocation
    ) async throws {
        let outcome = try await number(under: key)
        #expect(outcome == expected, sourceLocation: sourceLocation)
    }

    /// Checks how many messages wait.
    func expect(depth expected: Int, sourceLocation: SourceLocation = #_sourceLocation) async throws {
        let depth = try await depth
        #expect(depth == expected, sourceLocation: sourceLocation)
    }

    /// Takes dead letters, as soon as there are so many.
    func deadLetters(_ count: Int) async throws -> [Message] {
        let source = try await server.transport().broker.consume(queue.name + ".dead-letters", prefetch: count)
        var letters: [Message] = []
        while letters.count < count { letters += try await source.next().map(\.message) }
        return letters
    }
}

extension Result {
    /// The error, if it is one.
    var failure: Failure? {
        if case .failure(let error) = self { error } else { nil }
    }
}

/// Runs services while `body` runs, then kills them.
@discardableResult
func running<Outcome: Sendable>(_ services: any Service..., body: @Sendable () async throws -> Outcome) async throws -> Outcome {
    try await withThrowingTaskGroup(of: Void.self) { group in
        for service in services { group.addTask { try await service.run() } }
        defer { group.cancelAll() }
        return try await body()
    }
}

/// Runs a service while `body` runs, then shuts it down in order: a consumer settles what it has begun, which a killed one may not have.
func finishing<Outcome: Sendable>(_ service: any Service, body: @Sendable () async throws -> Outcome) async throws -> Outcome {
    let service = RunningService(service)
    do {
        let outcome = try await body()
        await service.beginShutdown()
        try await service.waitForEnd()
        return outcome
    } catch {
        await service.kill()
        throw error
    }
}

/// A service in a group of its own, to be shut down in order.
struct RunningService {
    private let group: ServiceGroup
    private let task: Task<Void, any Error>

    init(_ service: any Service) {
        let group = ServiceGroup(services: [service], gracefulShutdownSignals: [], cancellationSignals: [], logger: Serving.quiet)
        self.group = group
        task = Task { try await group.run() }
    }

    /// Asks for the shutdown.
    func beginShutdown() async {
        await group.triggerGracefulShutdown()
    }

    /// Ends at once, as a process that is killed.
    func kill() async {
        task.cancel()
        _ = await task.result
    }

    /// Waits until it has ended. A service that returns by itself is one that was shut down or that failed.
    func waitForEnd() async throws {
        try await task.value
    }
}
