import Synchronization

/// Lets tasks wait until a test opens it, and the test until a task waits.
final class Gate: Sendable {
    private struct State {
        var isOpen = false
        var waiting: [CheckedContinuation<Void, Never>] = []
        var arrivals: [CheckedContinuation<Void, Never>] = []
        var hasArrived = false
    }

    private let state = Mutex(State())

    /// Waits until the gate is open.
    func pass() async {
        await withCheckedContinuation { continuation in
            let (isOpen, arrivals) = state.withLock { state in
                state.hasArrived = true
                if !state.isOpen { state.waiting.append(continuation) }
                defer { state.arrivals = [] }
                return (state.isOpen, state.arrivals)
            }
            for arrival in arrivals { arrival.resume() }
            if isOpen { continuation.resume() }
        }
    }

    /// Waits until a task has come to the gate.
    func arrival() async {
        await withCheckedContinuation { continuation in
            let hasArrived = state.withLock { state in
                if !state.hasArrived { state.arrivals.append(continuation) }
                return state.hasArrived
            }
            if hasArrived { continuation.resume() }
        }
    }

    /// Lets everybody pass, now and later.
    func open() {
        let waiting = state.withLock { state in
            state.isOpen = true
            defer { state.waiting = [] }
            return state.waiting
        }
        for continuation in waiting { continuation.resume() }
    }
}
