internal import EventLoop
internal import Synchronization

/// Ends the wait for a connection before its time, because the one to connect to has become known.
final class Interruption: Sendable {
    private struct State {
        var lastWait: UInt64 = 0
        var waits: [UInt64: @Sendable () -> Void] = [:]
        var isDue = false
    }

    private let state = Mutex(State())

    /// Ends all waits, and the next pause too if there are none.
    func interrupt() {
        let waits = state.withLock { state in
            state.isDue = true
            defer { state.waits = [:] }
            return state.waits.values.map { $0 }
        }
        for end in waits { end() }
    }

    /// Whether somebody waits.
    var isAwaited: Bool { state.withLock { !$0.waits.isEmpty } }

    /// Whether there has been an interruption since this was last asked.
    func take() -> Bool {
        state.withLock { state in
            defer { state.isDue = false }
            return state.isDue
        }
    }

    /// Waits for a value, or for an interruption, which then is the value's failure.
    nonisolated(nonsending) func wait<Value: Sendable>(for value: OneShot<Value>) async throws -> Value {
        let number = state.withLock { state in
            state.lastWait += 1
            state.waits[state.lastWait] = { value.fail(Self.error) }
            return state.lastWait
        }
        defer { _ = state.withLock { $0.waits.removeValue(forKey: number) } }
        return try await value.wait()
    }

    private static let error = RedisError(.cannotConnect, "another server is to be connected to now")
}
