internal import EventLoop

/// Keeps a connection up: connects, has it served until it ends, waits, and connects again. Used on the loop's thread.
struct Reconnection {
    let connector: Connector

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
                let wire = try await connector.connect()
                let start = ContinuousClock.now
                try await serve(wire)
                // A server that accepts and then hangs up is not hurried.
                if start.duration(to: .now) >= configuration.maximumReconnectDelay { backoff.reset() }
            } catch is CancellationError {
                return
            } catch {
                failed(error as? RedisError ?? RedisError(.cannotConnect, "no connection", underlying: error))
            }
            if !Task.isCancelled { try? await connector.loop.sleep(until: .now.advanced(by: backoff.next())) }
        }
    }
}
