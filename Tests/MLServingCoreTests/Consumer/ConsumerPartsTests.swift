import EventLoop
import Testing

@testable import MLServingCore

/// A consumer does not go on without one of its parts, deaf to what that part was for.
@Suite("ConsumerRunner: parts", .timeLimit(.minutes(5)))
struct ConsumerPartsTests {
    private let echo = ClosurePredictor<Int, Int> { $0 }

    private struct EndingDialect: RequestDialect {
        func request(from message: Message, codecs: PayloadCodecs) -> (any ForeignRequest)? { nil }
        func run(beside consumer: ConsumerControl) async throws {}
        func consumerDrains() {}
    }

    @Test func dialectThatEndsEndsTheConsumer() async throws {
        let runner = try await Serving().runner(echo) { $0.dialect = EndingDialect() }
        let error = await #expect(throws: TransportError.self) { try await runner.run() }
        #expect(error?.code == .closed)
    }

    @Test(arguments: ["", ".suspects"], [nil, TransportError(code: .refused, message: "no right to read")])
    func intakeThatEndsEndsTheConsumer(suffix: String, failure: TransportError?) async throws {
        let serving = try await Serving()
        let queue = serving.queue.name + suffix
        let runner = serving.runner(echo, transport: EndingTransport(serving.server.transport(), queue: queue, failure: failure))
        let error = await #expect(throws: TransportError.self) { try await runner.run() }
        #expect(error?.code == failure?.code ?? .closed)
        #expect(failure != nil || error?.message.contains(queue) == true)
        #expect(runner.health.report().livenessProblems.map(\.code) == [.ended])
    }
}

/// A transport whose deliveries of one queue end although nobody has ended them.
private final class EndingTransport: Transport, Broker {
    private let base: any Transport
    private let queue: String
    private let failure: TransportError?

    init(_ base: any Transport, queue: String, failure: TransportError?) {
        self.base = base
        self.queue = queue
        self.failure = failure
    }

    var executor: any TimedExecutor { base.executor }
    var broker: any Broker { self }
    var store: any ResultStore { base.store }

    func run() async throws { try await base.run() }
    func declare(_ queue: QueueDefinition) async throws -> QueueStatus { try await base.broker.declare(queue) }
    func status(of queue: String) async throws -> QueueStatus { try await base.broker.status(of: queue) }
    func openReplyChannel() async throws -> any ReplyChannel { try await base.broker.openReplyChannel() }

    func publish(_ message: Message, to route: Route, completion: @escaping @Sendable (Result<Void, TransportError>) -> Void) {
        base.broker.publish(message, to: route, completion: completion)
    }

    func consume(_ queue: String, prefetch: Int) async throws -> any DeliverySource {
        let source = try await base.broker.consume(queue, prefetch: prefetch)
        return queue == self.queue ? EndingSource(base: source, failure: failure) : source
    }
}

private struct EndingSource: DeliverySource {
    let base: any DeliverySource
    let failure: TransportError?

    func next() async throws -> [Delivery] {
        if let failure { throw failure }
        return []
    }

    func acknowledge(_ tags: [DeliveryTag]) { base.acknowledge(tags) }
    func reject(_ tags: [DeliveryTag], requeue: Bool) { base.reject(tags, requeue: requeue) }
    func cancel() async { await base.cancel() }
    var registration: Registration { base.registration }
}
