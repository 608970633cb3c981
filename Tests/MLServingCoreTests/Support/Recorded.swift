import Synchronization

/// What happened, in order, for a test to look at and to wait for.
final class Recorded<Event: Sendable>: Sendable {
    private struct State {
        var events: [Event] = []
        var waiters: [(count: Int, continuation: CheckedContinuation<[Event], Never>)] = []
    }

    private let state = Mutex(State())

    var all: [Event] { state.withLock { $0.events } }

    func append(_ event: Event) {
        let (events, ready) = state.withLock { state in
            state.events.append(event)
            let count = state.events.count
            let ready = state.waiters.filter { $0.count <= count }
            state.waiters.removeAll { $0.count <= count }
            return (state.events, ready)
        }
        for waiter in ready { waiter.continuation.resume(returning: events) }
    }

    /// Returns when so many events have happened. A test that waits in vain ends by its time limit.
    @discardableResult
    func wait(for count: Int = 1) async -> [Event] {
        await withCheckedContinuation { continuation in
            let events: [Event]? = state.withLock { state in
                if state.events.count >= count { return state.events }
                state.waiters.append((count, continuation))
                return nil
            }
            if let events { continuation.resume(returning: events) }
        }
    }
}
