internal import Synchronization

/// What has arrived for one reader, who takes all of it at once.
///
/// It bounds nothing by itself: whoever fills it knows the bound, such as a prefetch count.
package final class Mailbox<Element: Sendable>: Sendable {
    private struct State {
        var elements: [Element] = []
        var waiter: CheckedContinuation<[Element], any Error>?
        var isFinished = false
    }

    private let state = Mutex(State())

    package init() {}

    /// How many elements wait to be read.
    package var count: Int { state.withLock { $0.elements.count } }

    package func append(_ element: Element) {
        let waiter = state.withLock { state in
            if state.waiter == nil, !state.isFinished { state.elements.append(element) }
            return state.waiter.take()
        }
        waiter?.resume(returning: [element])
    }

    /// Takes out what has not been read.
    package func drain() -> [Element] {
        state.withLock { state in
            defer { state.elements = [] }
            return state.elements
        }
    }

    /// Ends the reading, after what has arrived.
    package func finish() {
        let waiter = state.withLock { state in
            state.isFinished = true
            return state.waiter.take()
        }
        waiter?.resume(returning: [])
    }

    /// Everything that has arrived, at least one element; none when finished.
    ///
    /// - Throws: `CancellationError`.
    package func next(isolation: isolated (any Actor)? = #isolation) async throws -> [Element] {
        try await withTaskCancellationHandler {
            // Without the capture this closure runs on the cooperative pool: two thread hops for each wait.
            _ = isolation
            return try await withCheckedThrowingContinuation { continuation in
                let ready: Result<[Element], any Error>? = state.withLock { state in
                    if !state.elements.isEmpty {
                        defer { state.elements = [] }
                        return .success(state.elements)
                    }
                    if state.isFinished { return .success([]) }
                    if Task.isCancelled { return .failure(CancellationError()) }
                    state.waiter = continuation
                    return nil
                }
                if let ready { continuation.resume(with: ready) }
            }
        } onCancel: {
            let waiter = state.withLock { $0.waiter.take() }
            waiter?.resume(throwing: CancellationError())
        }
    }
}
