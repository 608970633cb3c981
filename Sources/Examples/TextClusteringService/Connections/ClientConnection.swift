internal import Hummingbird
internal import NIOCore
internal import NIOHTTP1
internal import Synchronization

/// A client's connection, as the code that answers its requests sees it.
final class ClientConnection: Sendable {
    private struct State {
        /// The client of the request that is being answered.
        var client: NetworkAddress?
        var lastWork = 0
        var cancellations: [Int: @Sendable () -> Void] = [:]
        var isAbandoned = false
    }

    /// The connection of the request that is being answered; `nil` in tests without a server.
    @TaskLocal static var current: ClientConnection?

    /// Whether it may ask only what needs no body, because there are too many connections.
    let isGuest: Bool
    private let id: ConnectionTable.ID
    private let peer: NetworkAddress?
    private let isOfProxy: Bool
    private let channel: any Channel
    private let connections: ClientConnections
    private let state = Mutex(State())

    init(
        id: ConnectionTable.ID, peer: NetworkAddress?, isOfProxy: Bool, isGuest: Bool, channel: any Channel, connections: ClientConnections
    ) {
        self.id = id
        self.peer = peer
        self.isOfProxy = isOfProxy
        self.isGuest = isGuest
        self.channel = channel
        self.connections = connections
    }

    /// The address of the client whose request is being answered, as limits count it.
    var client: NetworkAddress? { state.withLock(\.client) }

    // MARK: For the gate

    /// Notes whose request has come.
    ///
    /// - Returns: Whether the client may have another connection.
    func begin(_ headers: HTTPHeaders) -> Bool {
        let client = peer.map { peer in
            connections.limits.trustedProxies.client(
                of: peer, forwardedFor: headers["X-Forwarded-For"], forwarded: headers["Forwarded"]
            ).client
        }
        state.withLock { $0.client = client }
        return !isOfProxy || peer == nil || client == peer?.client || connections.attribute(id, to: client)
    }

    /// Notes that the request is complete, so that the connection is not closed for another's sake until it has been answered.
    func setBusy() {
        connections.setBusy(id, true)
    }

    /// Notes that the request has been answered.
    func end() {
        connections.setBusy(id, false)
        if isOfProxy { _ = connections.attribute(id, to: nil) }
    }

    /// Whether the client has gone.
    var isAbandoned: Bool { state.withLock(\.isAbandoned) }

    /// Ends the work for a client that is gone.
    func abandon() {
        let cancellations = state.withLock { state in
            state.isAbandoned = true
            defer { state.cancellations = [:] }
            return state.cancellations.values
        }
        for cancel in cancellations { cancel() }
    }

    // MARK: For what answers

    /// Says that the body is about to be read: a client that waits for leave to send it gets it.
    func readBody() {
        channel.pipeline.triggerUserOutboundEvent(RequestGate.Event.readBody, promise: nil)
    }

    /// Gives a body up that is still coming; reading it throws the failure.
    func refuseBody(_ failure: HTTPFailure) {
        channel.pipeline.triggerUserOutboundEvent(RequestGate.Event.refuseBody(failure), promise: nil)
    }

    /// Does work that is cancelled when the client goes.
    ///
    /// - Throws: What the work throws, or ``HTTPFailure`` when the client has gone.
    func whileOpen<Value: Sendable>(_ work: @escaping @Sendable () async throws -> Value) async throws -> Value {
        // Awaited here in any case, so it does not outlive this scope; a task group cannot be cancelled from outside.
        let task = Task { try await work() }
        let number = add { task.cancel() }
        defer { state.withLock { $0.cancellations[number] = nil } }
        do {
            return try await withTaskCancellationHandler {
                try await task.value
            } onCancel: {
                task.cancel()
            }
        } catch  where state.withLock(\.isAbandoned) {
            throw HTTPFailure(.badRequest, "the client closed the connection before it had its answer")
        }
    }

    private func add(_ cancel: @escaping @Sendable () -> Void) -> Int {
        let (number, isAbandoned) = state.withLock { state in
            state.lastWork += 1
            if !state.isAbandoned { state.cancellations[state.lastWork] = cancel }
            return (state.lastWork, state.isAbandoned)
        }
        if isAbandoned { cancel() }
        return number
    }
}
