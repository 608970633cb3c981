internal import Synchronization

/// Whether a consumer is active, and since when that is so: what the connection's thread writes and any thread reads.
final class ConsumerActivation: Sendable {
    private let state = Mutex((isActive: false, since: ContinuousClock.now))

    var current: (isActive: Bool, since: ContinuousClock.Instant) { state.withLock { $0 } }

    /// Notes a change; what stays as it is keeps its time.
    func set(_ isActive: Bool) {
        state.withLock { state in
            if state.isActive != isActive { state = (isActive, .now) }
        }
    }
}
