internal import Synchronization

/// Whether a consumer is active, since when that is so, and what interrupted it: what the connection's thread writes and any thread reads.
final class ConsumerActivation: Sendable {
    private let state = Mutex((isActive: false, since: ContinuousClock.now))
    private let timeouts = Atomic(0)

    var current: (isActive: Bool, since: ContinuousClock.Instant) { state.withLock { $0 } }

    /// How often the broker took all deliveries back because one was not acknowledged in time.
    var acknowledgementTimeouts: Int { timeouts.load(ordering: .relaxed) }

    func noteAcknowledgementTimeout() {
        timeouts.add(1, ordering: .relaxed)
    }

    /// Notes a change; what stays as it is keeps its time.
    func set(_ isActive: Bool) {
        state.withLock { state in
            if state.isActive != isActive { state = (isActive, .now) }
        }
    }
}
