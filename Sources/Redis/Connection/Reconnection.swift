internal import EventLoop

/// Keeps a connection up: connects, has it served until it ends, waits, and connects again. Used on the loop's thread.
struct Reconnection {
    let connector: Connector
    /// Has it connect at once, to what is to be connected to by then.
    let interruption: Interruption

    /// Goes on until the task is cancelled.
    ///
    /// - Parameters:
    ///   - prepare: Waits until a connection is wanted.
    ///   - serve: Uses a connection, and returns when it has ended.
    ///   - failed: Is told when there is no connection.
    nonisolated(nonsending) func run(
        prepare: nonisolated(nonsending) () async throws -> Void = {}, serve: nonisolated(nonsending) (Wire) async throws -> Void,
        failed: (RedisError) -> Void
    ) async {
        let configuration = connector.configuration
        var backoff = Backoff(
            base: configuration.reconnectDelay, maximum: configuration.maximumReconnectDelay, generator: SystemRandomNumberGenerator()
        )
        while !Task.isCancelled {
            do {
                try await prepare()
                let wire = try await connector.connect(until: interruption)
                let start = ContinuousClock.now
                try await serve(wire)
                // A server that accepts and then hangs up is not hurried.
                if wire.hasReceived || start.duration(to: .now) >= configuration.maximumReconnectDelay { backoff.reset() }
            } catch is CancellationError {
                return
            } catch {
                failed(error as? RedisError ?? RedisError(.cannotConnect, "no connection", underlying: error))
            }
            guard !Task.isCancelled else { return }
            if await isInterrupted(within: backoff.next()) { backoff.reset() }
        }
    }

    /// Waits, unless interrupted before or meanwhile.
    nonisolated(nonsending) private func isInterrupted(within duration: Duration) async -> Bool {
        if interruption.take() { return true }
        let over = OneShot<Void>()
        let timer = connector.loop.schedule(at: .now.advanced(by: duration)) { over.succeed() }
        try? await interruption.wait(for: over)
        timer.cancel()
        return interruption.take()
    }
}
