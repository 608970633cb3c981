internal import NIOCore
internal import Synchronization

/// The connections that are open, and the limits that they keep to.
final class ClientConnections: Sendable {
    private struct State {
        var table: ConnectionTable
        var channels: [ConnectionTable.ID: any Channel] = [:]
    }

    let limits: ConnectionLimits
    private let state: Mutex<State>

    init(limits: ConnectionLimits) {
        self.limits = limits
        state = Mutex(
            State(table: ConnectionTable(maximum: limits.maximumConnections, maximumPerClient: limits.maximumConnectionsPerClient)))
    }

    /// Takes a connection in, and closes another where that has to be.
    func open(_ channel: any Channel) -> ClientConnection {
        let peer = channel.remoteAddress?.ipAddress.flatMap { NetworkAddress($0) }
        let isProxy = peer.map(limits.trustedProxies.contains) ?? true
        let (admission, evicted) = state.withLock { state in
            let admission = state.table.open(for: isProxy ? nil : peer?.client)
            state.channels[admission.id] = channel
            return (admission, admission.evicted.flatMap { state.channels.removeValue(forKey: $0) })
        }
        evicted?.close(promise: nil)
        let connection = ClientConnection(
            id: admission.id, peer: peer, isOfProxy: isProxy, isGuest: admission.isGuest, channel: channel, connections: self)
        channel.closeFuture.whenComplete { [weak self] _ in
            self?.close(admission.id)
            connection.abandon()
        }
        return connection
    }

    func setBusy(_ id: ConnectionTable.ID, _ isBusy: Bool) {
        state.withLock { $0.table.setBusy(id, isBusy) }
    }

    func attribute(_ id: ConnectionTable.ID, to client: NetworkAddress?) -> Bool {
        state.withLock { $0.table.attribute(id, to: client) }
    }

    private func close(_ id: ConnectionTable.ID) {
        state.withLock { state in
            state.table.close(id)
            state.channels[id] = nil
        }
    }
}
