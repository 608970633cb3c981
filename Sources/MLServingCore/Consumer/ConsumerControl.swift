internal import EventLoop

/// What a ``RequestDialect`` may see and do of the consumer that it runs beside.
package struct ConsumerControl: Sendable {
    /// A foreign request that the consumer holds.
    package struct HeldRequest: Sendable {
        /// The request.
        package let request: any ForeignRequest
        /// Since when it is predicted; `nil`: it waits.
        package let predictedFor: Duration?
    }

    let engine: ConsumerEngine

    /// What the consumer talks through.
    package var transport: any Transport { engine.transport }

    /// How it consumes.
    package var configuration: ConsumerConfiguration { engine.configuration }

    /// How many predictions run at once.
    package var concurrency: Int { engine.concurrency }

    /// The foreign requests that it holds now.
    package var heldRequests: [HeldRequest] {
        get async { await engine.heldForeignRequests }
    }

    /// Cancels foreign requests: those that it holds, and those of these names that come later.
    ///
    /// - Parameters:
    ///   - names: Their ids.
    ///   - whileRunning: Whether predictions that run are cancelled, too.
    ///   - timeToLive: How long a mark in the store tells other consumers; `nil`: they are not told.
    package func cancel(_ names: [String], whileRunning: Bool, timeToLive: Duration?) async {
        await engine.cancelForeign(names, whileRunning: whileRunning)
        guard let timeToLive else { return }
        let entries = names.map { CancelMark.entry(for: $0, queue: configuration.queue.name, timeToLive: timeToLive) }
        // Who has heard knows; the mark is for who was not there.
        _ = try? await transport.store.put(entries)
    }

    /// Stops intake, and ends the consumer when what runs has been answered (G8).
    package func drain() {
        let engine = engine
        Task(executorPreference: engine.executor) { await engine.drain(within: engine.configuration.gracePeriod) }
    }
}
