internal import EventLoop
internal import MLServingCore
internal import Synchronization

/// Deliveries of one consumer over connections that come and go.
final class UnreliableSource: DeliverySource {
    private struct State: Sendable {
        var link: UInt64?
        /// The source of the connection that is up, or was last.
        var source: (any DeliverySource)?
        var registration: Registration
        var isCancelled = false
    }

    private let transport: UnreliableTransport
    private let queue: String
    private let prefetch: Int
    private let arrived = Mailbox<Delivery>()
    private let state: Mutex<State>

    init(transport: UnreliableTransport, queue: String, prefetch: Int) {
        self.transport = transport
        self.queue = queue
        self.prefetch = prefetch
        state = Mutex(State(registration: Registration(isRegistered: false, since: transport.executor.now)))
    }

    func open() async {
        let link = await transport.link { await self.consume(on: $0) }
        state.withLock { $0.link = link }
    }

    private func consume(on connection: any Transport) async {
        guard !state.withLock({ $0.isCancelled }), let source = try? await connection.broker.consume(queue, prefetch: prefetch) else {
            return
        }
        register(source, true)
        Task(executorPreference: transport.executor) {
            while case let deliveries? = try? await source.next(), !deliveries.isEmpty {
                for delivery in deliveries { self.deliver(delivery, from: source) }
            }
            self.register(source, false)
        }
    }

    private func register(_ source: any DeliverySource, _ isRegistered: Bool) {
        let now = transport.executor.now
        state.withLock { state in
            guard isRegistered || state.source as AnyObject === source as AnyObject else { return }
            state.source = source
            state.registration = Registration(isRegistered: isRegistered, since: now)
        }
    }

    private func deliver(_ delivery: Delivery, from source: any DeliverySource) {
        let (transport, faults) = (transport, transport.faults)
        let delay = transport.draw(faults.latency) + (transport.happens(faults.delays) ? transport.draw(faults.delay) : .zero)
        transport.executor.execute {
            transport.executor.schedule(at: transport.executor.now + delay) {
                // What was on its way when the connection broke never arrives; the server has put it back.
                guard
                    self.state.withLock({ $0.source as AnyObject === source as AnyObject && $0.registration.isRegistered || $0.isCancelled }
                    )
                else { return }
                self.arrived.append(delivery)
            }
        }
    }

    func next() async throws -> [Delivery] {
        try await arrived.next()
    }

    func acknowledge(_ tags: [DeliveryTag]) {
        settle { $0.acknowledge(tags) }
    }

    func reject(_ tags: [DeliveryTag], requeue: Bool) {
        settle { $0.reject(tags, requeue: requeue) }
    }

    /// Settles after a while, and not at all when the connection has broken by then.
    private func settle(_ body: @escaping @Sendable (any DeliverySource) -> Void) {
        guard let source = state.withLock({ $0.source }), let connection = try? transport.current() else { return }
        let (transport, delay) = (transport, transport.draw(transport.faults.latency))
        transport.executor.execute {
            transport.executor.schedule(at: transport.executor.now + delay) { if transport.isUp(connection) { body(source) } }
        }
    }

    func cancel() async {
        let (source, link) = state.withLock { state in
            state.isCancelled = true
            return (state.source, state.link)
        }
        if let link { transport.unlink(link) }
        await source?.cancel()
        // Deliveries on their way arrive before the end.
        let faults = transport.faults
        try? await transport.executor.sleep(for: faults.latency.upperBound + faults.delay.upperBound)
        arrived.finish()
    }

    func close() async {
        // After what was settled before.
        await cancel()
        await state.withLock { $0.source }?.close()
    }

    var registration: Registration { state.withLock { $0.registration } }
}
