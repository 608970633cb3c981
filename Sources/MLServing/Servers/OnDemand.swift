internal import Synchronization

/// Lets one task wait until others first need what it runs.
final class OnDemand: Sendable {
    private enum State {
        case unneeded
        case awaited(CheckedContinuation<Bool, Never>)
        case needed
        case cancelled
    }

    private let state = Mutex(State.unneeded)

    /// Whether there has been need.
    var isNeeded: Bool {
        state.withLock { state in
            if case .needed = state { true } else { false }
        }
    }

    /// Says that there is need. Cheap when it has been said before.
    func need() {
        resume(with: .needed, returning: true)
    }

    /// Waits until there is need; `false` when the task was cancelled before.
    func wait() async -> Bool {
        await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                let result: Bool? = state.withLock { state in
                    switch state {
                    case .needed: return true
                    case .cancelled: return false
                    case .unneeded, .awaited:
                        state = .awaited(continuation)
                        return nil
                    }
                }
                if let result { continuation.resume(returning: result) }
            }
        } onCancel: {
            resume(with: .cancelled, returning: false)
        }
    }

    private func resume(with end: State, returning result: Bool) {
        let continuation: CheckedContinuation<Bool, Never>? = state.withLock { state in
            switch state {
            case .awaited(let continuation):
                state = end
                return continuation
            case .unneeded:
                state = end
                return nil
            case .needed, .cancelled:
                return nil
            }
        }
        continuation?.resume(returning: result)
    }
}
