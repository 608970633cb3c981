internal import EventLoop

/// A server of HTTP/1 for small answers that are known at once: one request for each connection, and a bound on everything.
///
/// Nobody who connects can keep it from answering others: connections end after a while whatever they do, and when there are too many the
/// oldest of the client that has the most makes room for the newest.
actor HTTPServer {
    /// How many connections there may be at once.
    static let maximumConnections = 32
    /// How long a connection may take, from its beginning to its end.
    static let connectionTimeout = Duration.seconds(10)

    nonisolated let loop: EventLoop
    nonisolated var unownedExecutor: UnownedSerialExecutor { loop.asUnownedSerialExecutor() }

    private let listener: HTTPListener
    private let respond: @Sendable (HTTPRequest) -> HTTPResponse
    private var connections: [UInt64: HTTPConnection] = [:]
    private var lastID: UInt64 = 0
    private var sweepTimer: LoopTimer?
    private var end: CheckedContinuation<Void, Never>?
    private var isStopped = false

    /// The port that it listens on.
    nonisolated let port: Int

    /// Listens, and answers from ``run()`` on.
    ///
    /// - Throws: ``HealthServerError``.
    init(host: String, port: Int, loop: EventLoop, respond: @escaping @Sendable (HTTPRequest) -> HTTPResponse) throws(HealthServerError) {
        let listener = try HTTPListener(host: host, port: port)
        self.loop = loop
        self.listener = listener
        self.port = listener.port
        self.respond = respond
    }

    /// Answers until the task is cancelled.
    func run() async {
        loop.watch(listener.descriptor, for: .readable) { [weak self] _ in self?.assumeIsolated { $0.accept() } }
        await withTaskCancellationHandler {
            await self.waitForEnd()
        } onCancel: {
            Task { await self.stop() }
        }
        loop.unwatch(listener.descriptor)
        for id in Array(connections.keys) { close(id) }
        sweepTimer?.cancel()
    }

    private func waitForEnd() async {
        await withCheckedContinuation { continuation in
            if isStopped { continuation.resume() } else { end = continuation }
        }
    }

    private func stop() {
        isStopped = true
        end?.resume()
        end = nil
    }

    private func accept() {
        // Those who wait longer are told of again, after those who have been let in were answered.
        for _ in 0..<Self.maximumConnections {
            switch listener.accept() {
            case .none:
                return
            case .exhausted:
                // The listener stays readable, which would keep the thread busy.
                return pause()
            case .connection(let descriptor, let client):
                if connections.count >= Self.maximumConnections, let oldest = oldestOfTheMany() { close(oldest) }
                open(HTTPConnection(descriptor: descriptor, client: client, opened: .now, respond: respond))
            }
        }
    }

    /// The oldest connection of the client that has the most, so that a crowd makes room among itself.
    private func oldestOfTheMany() -> UInt64? {
        let clients = Dictionary(grouping: connections.keys) { connections[$0]?.client }
        let largest = clients.values.map(\.count).max()
        return clients.values.filter { $0.count == largest }.compactMap { $0.min() }.min()
    }

    private func pause() {
        loop.setReadiness([], of: listener.descriptor)
        loop.schedule(at: .now + .milliseconds(100)) { [weak self] in
            self?.assumeIsolated { $0.loop.setReadiness(.readable, of: $0.listener.descriptor) }
        }
    }

    private func open(_ connection: HTTPConnection) {
        lastID += 1
        let id = lastID
        connections[id] = connection
        loop.watch(connection.descriptor, for: .readable) { [weak self] _ in self?.assumeIsolated { $0.advance(id) } }
        if sweepTimer == nil { scheduleSweep() }
    }

    private func advance(_ id: UInt64) {
        guard let connection = connections[id] else { return }
        switch connection.advance() {
        case .readable: loop.setReadiness(.readable, of: connection.descriptor)
        case .writable: loop.setReadiness(.writable, of: connection.descriptor)
        case .nothing: close(id)
        }
    }

    private func close(_ id: UInt64) {
        guard let connection = connections.removeValue(forKey: id) else { return }
        loop.unwatch(connection.descriptor)
        connection.close()
    }

    /// One timer serves all connections, which are as old as their ids are small.
    private func scheduleSweep() {
        sweepTimer = nil
        guard let oldest = connections.min(by: { $0.key < $1.key })?.value else { return }
        sweepTimer = loop.schedule(at: oldest.opened + Self.connectionTimeout) { [weak self] in
            self?.assumeIsolated { $0.sweep() }
        }
    }

    private func sweep() {
        let now = ContinuousClock.now
        for (id, connection) in connections where connection.opened + Self.connectionTimeout <= now { close(id) }
        scheduleSweep()
    }
}
