internal import EventLoop
internal import MLServingCore
internal import Synchronization

/// Notifications over connections that come and go, some of them lost.
final class UnreliableWatch: Sendable {
    let notifications = KeyNotifications()
    private let transport: UnreliableTransport
    private let prefix: String
    private let state = Mutex<(link: UInt64?, pump: Task<Void, Never>?, count: Int)>((nil, nil, 0))

    init(transport: UnreliableTransport, prefix: String) {
        self.transport = transport
        self.prefix = prefix
    }

    func open() async {
        let link = await transport.link { await self.watch(on: $0) }
        state.withLock { $0.link = link }
    }

    /// Returns when the watch is in place.
    private func watch(on connection: any Transport) async {
        let inPlace = Mailbox<Void>()
        let pump = Task(executorPreference: transport.executor) {
            _ = try? await connection.store.withNotifications(forKeysWithPrefix: self.prefix) { source in
                inPlace.finish()
                while true { self.pass(try await source.next(), on: connection) }
            }
            inPlace.finish()
        }
        let (earlier, isAgain) = state.withLock { state in
            defer { state.pump = pump; state.count += 1 }
            return (state.pump, state.count > 0)
        }
        earlier?.cancel()
        _ = try? await inPlace.next()
        if isAgain { notifications.addMissed() }
    }

    private func pass(_ news: Notifications, on connection: any Transport) {
        let (transport, faults) = (transport, transport.faults)
        if news.mayHaveMissed { notifications.addMissed() }
        for key in news.keys where !transport.happens(faults.lostNotifications) {
            let delay = transport.draw(faults.latency)
            transport.executor.execute {
                transport.executor.schedule(at: transport.executor.now + delay) {
                    if transport.isUp(connection) { self.notifications.add(key) }
                }
            }
        }
    }

    func close() {
        let (link, pump) = state.withLock { ($0.link, $0.pump) }
        if let link { transport.unlink(link) }
        pump?.cancel()
    }
}
